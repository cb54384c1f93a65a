// A build-info server that signs each request again with the vendor's own signer, and tells both: node signatures.mjs AK SK
import { listen, load, tell } from './listen.mjs';

const { AKSKSigner } = load('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js');
const { BasicCredentials } = load('@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js');
const [ak, sk] = process.argv.slice(2);

/// The vendor's signer finds these by their exact spelling.
const SPELLED = { 'x-sdk-date': 'X-Sdk-Date' };

function signedAgain(request) {
  const names = /SignedHeaders=([^,]*)/.exec(request.headers.authorization ?? '')?.[1].split(';') ?? [];
  const headers = Object.fromEntries(names.map((name) => [SPELLED[name] ?? name, request.headers[name]]));
  const endpoint = `http://${request.headers.host}${request.url}`;
  return AKSKSigner.sign({ endpoint, method: request.method, headers, queryParams: {} },
    new BasicCredentials().withAk(ak).withSk(sk)).Authorization;
}

listen((request, body, response) => {
  tell({ url: request.url, got: request.headers.authorization, expected: signedAgain(request), project: request.headers['x-project-id'],
    security_token: request.headers['x-security-token'] });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"result":[{"building":false,"build_result":"SUCCESS","region":"cn-north-4"}],"error":null,"status":"success"}');
});
