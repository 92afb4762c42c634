// A real OpenID provider that gives one client signed access tokens for one resource.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'fagsystem',
      client_secret: 'hemmelig',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'arkiv',
          audience: 'sakark',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({
      consumer: { authority: 'iso6523-actorid-upis', ID: '0192:921221967' },
    }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
