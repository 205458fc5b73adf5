"""Skills 技能: what some agents can do better than others, and queues ask for."""
