"""Between the caller and somebody who answers: queues, callbacks, telephones that ring."""
