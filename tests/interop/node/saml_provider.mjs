// Somebody else's SAML identity provider, for the hub to be its service provider: node saml_provider.mjs PORT
//
// Metadata, requests, signatures, encryption and logout are samlify's own code. Tests hand over keys and the hub's metadata,
// and say who sits in front of the browser.

import http from 'node:http'
import { randomUUID } from 'node:crypto'
import samlify from 'samlify'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const AUTHN = '<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{SessionIndex}"><saml:AuthnContext>' +
  '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>' +
  '</saml:AuthnContext></saml:AuthnStatement>'

samlify.setSchemaValidator({ validate: async () => 'not looked at' })

let idp, hub
const state = { name: 'ann', index: '', answered: [], leaving: [] }

function makeProvider ({ key, certificate, encrypted }) {
  return samlify.IdentityProvider({
    entityID: `${HOME}/metadata`,
    privateKey: key,
    signingCert: certificate,
    wantAuthnRequestsSigned: true,
    wantLogoutRequestSigned: true,
    wantLogoutResponseSigned: true,
    isAssertionEncrypted: encrypted,
    messageSigningOrder: 'sign-then-encrypt',
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    dataEncryptionAlgorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    nameIDFormat: [PERSISTENT],
    singleSignOnService: [{ Binding: REDIRECT, Location: `${HOME}/sso` }],
    singleLogoutService: [{ Binding: REDIRECT, Location: `${HOME}/slo` }],
    loginResponseTemplate: {
      context: samlify.SamlLib.defaultLoginResponseTemplate.context.replace('{AuthnStatement}', AUTHN),
      attributes: [
        { name: 'givenName', valueTag: 'given', nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', valueXsiType: 'xs:string' }
      ]
    }
  })
}

function fill (template, asked) {
  const acs = hub.entityMeta.getAssertionConsumerService('post')
  const now = new Date()
  const later = new Date(now.getTime() + 300000).toISOString()
  state.index = randomUUID()
  const values = {
    ID: `_${randomUUID()}`,
    AssertionID: `_${randomUUID()}`,
    Destination: acs,
    Audience: hub.entityMeta.getEntityID(),
    SubjectRecipient: acs,
    Issuer: `${HOME}/metadata`,
    IssueInstant: now.toISOString(),
    StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    ConditionsNotBefore: now.toISOString(),
    ConditionsNotOnOrAfter: later,
    SubjectConfirmationDataNotOnOrAfter: later,
    NameIDFormat: PERSISTENT,
    NameID: state.name,
    InResponseTo: asked,
    SessionIndex: state.index,
    attrGiven: 'Ann'
  }
  return { id: values.ID, context: samlify.SamlLib.replaceTagsByValue(template, values) }
}

function octets (search) {
  const parts = search.slice(1).split('&')
  const kept = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg'].map(n => parts.find(p => p.startsWith(`${n}=`)))
  return kept.filter(Boolean).join('&')
}

const routes = {
  '/healthz': () => ({}),
  '/configure': async (url, form) => {
    idp = makeProvider({ key: form.get('key'), certificate: form.get('certificate'), encrypted: form.get('encrypted') === '1' })
    return { configured: true }
  },
  '/meet': async (url, form) => {
    hub = samlify.ServiceProvider({
      metadata: form.get('metadata'), wantLogoutRequestSigned: true, wantLogoutResponseSigned: true
    })
    return { hub: hub.entityMeta.getEntityID() }
  },
  '/sit-down': async (url, form) => { state.name = form.get('name'); return state },
  '/seen': () => state,
  '/metadata': () => ({ xml: idp.getMetadata() }),
  '/sso': async url => {
    const query = Object.fromEntries(url.searchParams)
    const asked = await idp.parseLoginRequest(hub, 'redirect', { query, octetString: octets(url.search) })
    const made = await idp.createLoginResponse(
      hub, asked, 'post', {}, template => fill(template, asked.extract.request.id), false, query.RelayState)
    const fields = { SAMLResponse: made.context, RelayState: query.RelayState }
    const inputs = Object.entries(fields).map(([n, v]) => `<input type="hidden" name="${n}" value="${v}">`).join('')
    return { html: `<form method="post" action="${made.entityEndpoint}">${inputs}</form>` }
  },
  '/slo': async url => {
    const query = Object.fromEntries(url.searchParams)
    const message = { query, octetString: octets(url.search) }
    if (query.SAMLResponse) {
      const answer = await idp.parseLogoutResponse(hub, 'redirect', message)
      state.answered.push(answer.extract.response)
      return { html: 'Everything is signed out.' }
    }
    const asked = await idp.parseLogoutRequest(hub, 'redirect', message)
    state.leaving.push({ name: asked.extract.nameID, index: asked.extract.sessionIndex })
    return { to: idp.createLogoutResponse(hub, asked, 'redirect', query.RelayState).context }
  },
  '/leave': () => ({
    to: idp.createLogoutRequest(hub, 'redirect', { logoutNameID: state.name, sessionIndex: state.index }, 'home').context
  })
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
