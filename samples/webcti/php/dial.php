<?php
// Dials for an agent: php dial.php 1001 13800000001  (WEBCTI_SERVER, WEBCTI_KEY in the environment; WEBCTI_INSECURE=1
// where nobody has signed the appliance's certificate)
[$self, $agent, $number] = $argv;
$checked = getenv("WEBCTI_INSECURE") !== "1";
$context = stream_context_create([
    "http" => [
        "method" => "POST",
        "ignore_errors" => true,
        "header" => ["Authorization: Bearer " . getenv("WEBCTI_KEY"), "Content-Type: application/json",
                     "Idempotency-Key: " . bin2hex(random_bytes(16))],
        "content" => json_encode(["agent" => $agent, "number" => $number]),
    ],
    "ssl" => ["verify_peer" => $checked, "verify_peer_name" => $checked],
]);
$reply = json_decode(file_get_contents(getenv("WEBCTI_SERVER") . "/webcti/v1/verbs/dial", false, $context), true);
echo $reply["ok"] ? "call " . $reply["answer"]["call"] : $reply["error"]["code"] . ": " . $reply["error"]["message"], "\n";
