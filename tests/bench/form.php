<?php
// What form.c does, in PHP: the posted fields as one mail over a plain socket.
$body = '';
foreach ($_POST as $name => $value) $body .= "$name: $value\r\n";
$relay = fsockopen('127.0.0.1', (int)$_SERVER['RELAY_PORT']);
function reply($relay) { while (($line = fgets($relay)) !== false && $line[3] == '-'); }
reply($relay);
foreach (['EHLO www.customer.example', 'MAIL FROM:<form@customer.example>', 'RCPT TO:<info@customer.example>', 'DATA',
          "From: <form@customer.example>\r\nTo: <info@customer.example>\r\nSubject: form\r\n\r\n$body\r\n.",
          'QUIT'] as $command) { fwrite($relay, "$command\r\n"); reply($relay); }
fclose($relay);
echo "<p>Thank you.</p>\n";
