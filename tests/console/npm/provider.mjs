// A certified OpenID provider (npm: oidc-provider) with people in the form of NHS CIS2, on loopback.
// Configured by the environment: PORT, REDIRECT_URI, POST_LOGOUT_URI, CLIENT (JSON), PEOPLE (JSON),
// ALGORITHM of ID tokens. Prints "ready" when it listens; ends when standard input does.
import { Provider } from 'oidc-provider';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

const { PORT, REDIRECT_URI, POST_LOGOUT_URI, CLIENT, PEOPLE, ALGORITHM } = process.env;
const people = JSON.parse(PEOPLE);
const pair = ALGORITHM.startsWith('ES')
  ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  : generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg: ALGORITHM };

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [POST_LOGOUT_URI],
      id_token_signed_response_alg: ALGORITHM,
      ...JSON.parse(CLIENT),
    },
  ],
  claims: {
    openid: ['sub', 'selected_roleid', 'id_assurance_level', 'authentication_assurance_level'],
    profile: ['name', 'uid'],
    nationalrbacaccess: ['nhsid_useruid', 'nhsid_nrbac_roles'],
    associatedorgs: ['nhsid_user_orgs'],
  },
  scopes: ['openid', 'profile', 'nationalrbacaccess', 'associatedorgs'],
  // Sign-out comes by POST, as RP-Initiated Logout 1.0 asks providers to take it.
  enableHttpPostMethods: true,
  cookies: { keys: [randomBytes(32).toString('hex')], long: { sameSite: 'none' } },
  enabledJWA: {
    clientAuthSigningAlgValues: ['RS256', 'RS512', 'PS256', 'ES256', 'ES384'],
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'],
  },
  jwks: { keys: [jwk] },
  pkce: { required: () => true },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 600, Grant: 600 },
  async findAccount(_, id) {
    return people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) };
  },
});

// Browsers keep SameSite=None over https only. On loopback the console is of the same site anyway.
provider.use(async (ctx, next) => {
  await next();
  const cookies = [ctx.response.get('set-cookie')].flat().filter(Boolean);
  if (cookies.length) ctx.set('set-cookie', cookies.map((one) => one.replace(/samesite=none/i, 'samesite=lax')));
});

const server = provider.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', () => { server.closeAllConnections(); server.close(); process.exit(0); });
