// What both peers share: packages from the build tree, one JSON line a request on stdout, an end with stdin.
import { createRequire } from 'node:module';
import http from 'node:http';
import path from 'node:path';

/// A package of BUILDWATCH_PEERS.
export function load(name) {
  return createRequire(path.join(process.env.BUILDWATCH_PEERS, 'node_modules', 'x.js'))(name);
}

export function tell(value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}

/// Calls `answer(request, body, response)` for each request; tells the port first.
export function listen(answer) {
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      try {
        answer(request, Buffer.concat(parts), response);
      } catch (error) {
        tell({ error: String(error) });
        response.writeHead(500).end();
      }
    });
  });
  server.listen(0, '127.0.0.1', () => tell({ port: server.address().port }));
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}
