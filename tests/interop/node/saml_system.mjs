// Somebody else's system that knows only SAML, for the hub to be its identity provider: node saml_system.mjs PORT
//
// Metadata, requests, verification, decryption and logout are samlify's own code. Tests hand over keys and the hub's metadata.

import http from 'node:http'
import samlify from 'samlify'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'

samlify.setSchemaValidator({ validate: async () => 'not looked at' })

let system, hub
const state = { asked: '', told: null, left: [], answered: 0 }

function octets (search) {
  const parts = search.slice(1).split('&')
  const kept = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg'].map(n => parts.find(p => p.startsWith(`${n}=`)))
  return kept.filter(Boolean).join('&')
}

const routes = {
  '/healthz': () => ({}),
  '/configure': (url, form) => {
    system = samlify.ServiceProvider({
      entityID: `${HOME}/metadata`,
      authnRequestsSigned: true,
      wantAssertionsSigned: true,
      wantMessageSigned: true,
      wantLogoutRequestSigned: true,
      wantLogoutResponseSigned: true,
      privateKey: form.get('key'),
      signingCert: form.get('certificate'),
      encPrivateKey: form.get('key'),
      encryptCert: form.get('certificate'),
      requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      signatureConfig: {
        prefix: 'ds',
        location: { reference: "/*[local-name(.)='AuthnRequest']/*[local-name(.)='Issuer']", action: 'after' }
      },
      nameIDFormat: [PERSISTENT],
      assertionConsumerService: [{ Binding: POST, Location: `${HOME}/acs` }],
      singleLogoutService: [{ Binding: REDIRECT, Location: `${HOME}/slo` }],
      relayState: 'course 7'
    })
    return {}
  },
  '/meet': (url, form) => {
    hub = samlify.IdentityProvider({
      // samlify signs only for providers that insist on it; the hub takes both.
      metadata: form.get('metadata').replace('WantAuthnRequestsSigned="false"', 'WantAuthnRequestsSigned="true"'),
      wantLogoutRequestSigned: true,
      wantLogoutResponseSigned: true,
      isAssertionEncrypted: form.get('encrypted') === '1',
      messageSigningOrder: 'encrypt-then-sign'
    })
    return { hub: hub.entityMeta.getEntityID() }
  },
  '/seen': () => state,
  '/metadata': () => ({ xml: system.getMetadata() }),
  '/start': url => {
    const binding = url.searchParams.get('by') ?? 'redirect'
    const made = system.createLoginRequest(hub, binding)
    state.asked = made.id
    if (binding === 'redirect') return { to: made.context }
    const fields = { SAMLRequest: made.context, RelayState: 'course 7' }
    const inputs = Object.entries(fields).map(([n, v]) => `<input type="hidden" name="${n}" value="${v}">`).join('')
    return { html: `<form method="post" action="${made.entityEndpoint}">${inputs}</form>` }
  },
  '/acs': async (url, form) => {
    const found = await system.parseLoginResponse(hub, 'post', { body: Object.fromEntries(form) })
    const { nameID, attributes, sessionIndex, response, audience } = found.extract
    if (response.inResponseTo !== state.asked) throw new Error('not an answer to what was asked')
    state.told = { nameID, attributes, index: sessionIndex.sessionIndex, audience, relayState: form.get('RelayState') }
    return { html: `Signed in as ${attributes.displayName}.` }
  },
  '/leave': () => ({
    to: system.createLogoutRequest(hub, 'redirect', { logoutNameID: state.told.nameID, sessionIndex: state.told.index }, 'home').context
  }),
  '/slo': async url => {
    const query = Object.fromEntries(url.searchParams)
    const message = { query, octetString: octets(url.search) }
    if (query.SAMLResponse) {
      await system.parseLogoutResponse(hub, 'redirect', message)
      state.answered += 1
      return { html: 'Everything is signed out.' }
    }
    const asked = await system.parseLogoutRequest(hub, 'redirect', message)
    state.left.push({ name: asked.extract.nameID, index: asked.extract.sessionIndex })
    return { to: system.createLogoutResponse(hub, asked, 'redirect', query.RelayState).context }
  }
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, HOME)
  let body = ''
  for await (const piece of request) body += piece
  try {
    const answer = await routes[url.pathname](url, new URLSearchParams(body))
    if (answer.to) return response.writeHead(302, { location: answer.to }).end()
    const type = answer.xml ? 'application/samlmetadata+xml' : answer.html ? 'text/html' : 'application/json'
    response.writeHead(200, { 'content-type': type }).end(answer.xml ?? answer.html ?? JSON.stringify(answer))
  } catch (error) {
    console.error(error)
    response.writeHead(500).end(String(error.stack ?? error))
  }
}).listen(PORT, '127.0.0.1')
