// Somebody else's OpenID provider, for the hub to be a client of: node openid_provider.mjs PORT
//
// Everything of OpenID Connect is oidc-provider's own code, its sign-in pages for development too. Whoever signs in there
// is who they say they are: the login is the subject.

import http from 'node:http'
import Provider from 'oidc-provider'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`

const provider = new Provider(HOME, {
  cookies: { keys: ['only for tests'] },
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'locale'],
    email: ['email']
  },
  // The hub reads claims from both, and asks which scopes it needs.
  conformIdTokenClaims: false,
  acrValues: ['urn:example:two-factors'],
  features: {
    backchannelLogout: { enabled: true },
    registration: { enabled: true },
    rpInitiatedLogout: { enabled: true }
  },
  // Its guard against addresses of this machine is the dispatcher; the hub of a test is on this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (ctx, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      name: `${sub} of somewhere`,
      given_name: sub,
      family_name: 'of somewhere',
      locale: 'en',
      email: `${sub}@somewhere.example`
    })
  })
})

provider.on('backchannel.error', (ctx, error) => console.error(error.message, error.cause))

const answer = provider.callback()
http.createServer((request, response) => {
  if (request.url === '/healthz') return response.end('{}')
  answer(request, response)
}).listen(PORT, '127.0.0.1')
