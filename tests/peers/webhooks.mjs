// A receiver that verifies webhooks with the package standardwebhooks: node webhooks.mjs SECRET…
import { listen, load, tell } from './listen.mjs';

const { Webhook } = load('standardwebhooks');
const secrets = process.argv.slice(2);

function verifies(secret, body, headers) {
  try {
    return new Webhook(secret).verify(body.toString('utf8'), headers) !== undefined;
  } catch {
    return false;
  }
}

listen((request, body, response) => {
  tell({ path: request.url, id: request.headers['webhook-id'], type: JSON.parse(body).type,
    signatures: (request.headers['webhook-signature'] ?? '').split(' ').length,
    verified: secrets.map((secret) => verifies(secret, body, request.headers)) });
  response.writeHead(204).end();
});
