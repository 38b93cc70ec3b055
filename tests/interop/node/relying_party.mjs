// Somebody else's application that signs people in with the hub: node relying_party.mjs PORT
//
// Everything of OpenID Connect is the code of openid-client and of jose. Here are only addresses at which a test presses the
// buttons, and sees what came of it.

import http from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`
const BACK = `${HOME}/back`
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

let config
let sent = {}
let tokens = {}
let loggedOut = []

function told (answer) {
  const { access_token: access, refresh_token: refresh, id_token: id } = answer
  tokens = { access, refresh: refresh ?? tokens.refresh, id: id ?? tokens.id, sub: answer.claims()?.sub ?? tokens.sub }
  return { claims: answer.claims(), scope: answer.scope, has_refresh: refresh !== undefined, expires_in: answer.expires_in }
}

// The hub is found by its issuer alone; `method` says how this application shows who it is.
async function configure ({ issuer, client_id: id, client_secret: secret, method }) {
  const methods = { post: client.ClientSecretPost, basic: client.ClientSecretBasic, none: client.None }
  const allowed = { execute: [client.allowInsecureRequests] }
  config = await client.discovery(new URL(issuer), id, undefined, methods[method](secret), allowed)
  loggedOut = []
  return { issuer: config.serverMetadata().issuer }
}

async function begin (query) {
  const verifier = client.randomPKCECodeVerifier()
  sent = { verifier, nonce: client.randomNonce(), state: client.randomState() }
  return client.buildAuthorizationUrl(config, {
    redirect_uri: BACK,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce: sent.nonce,
    state: sent.state,
    ...Object.fromEntries(query)
  }).href
}

async function back (url) {
  const answer = await client.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: sent.verifier,
    expectedNonce: sent.nonce,
    expectedState: sent.state,
    idTokenExpected: true
  })
  return told(answer)
}

async function backchannel (form) {
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
  const { payload } = await jwtVerify(form.logout_token, keys, {
    issuer: config.serverMetadata().issuer,
    audience: config.clientMetadata().client_id,
    typ: 'logout+jwt',
    requiredClaims: ['jti', 'iat', 'exp', 'events']
  })
  if (payload.nonce !== undefined || !(EVENT in payload.events)) throw new Error('no logout token')
  loggedOut.push({ sid: payload.sid, sub: payload.sub })
  return {}
}

const ADDRESSES = {
  'GET /healthz': () => ({}),
  'POST /configure': ({ form }) => configure(form),
  'GET /back': ({ url }) => back(url),
  'POST /refresh': async ({ form }) => told(await client.refreshTokenGrant(config, form.token ?? tokens.refresh)),
  'GET /userinfo': () => client.fetchUserInfo(config, tokens.access, tokens.sub),
  'POST /revoke': async () => { await client.tokenRevocation(config, tokens.refresh); return {} },
  'POST /backchannel': ({ form }) => backchannel(form),
  'GET /seen': () => ({ loggedOut, refresh: tokens.refresh }),
  'GET /goodbye': ({ url }) => ({ goodbye: url.searchParams.get('state') })
}
const REDIRECTS = {
  'GET /sign-in': ({ url }) => begin(url.searchParams),
  'GET /sign-out': () => client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id, post_logout_redirect_uri: `${HOME}/goodbye`, state: 'see you'
  }).href
}

async function bodyOf (request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()))
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, HOME)
  const key = `${request.method} ${url.pathname}`
  try {
    const asked = { url, form: request.method === 'POST' ? await bodyOf(request) : {} }
    if (key in REDIRECTS) {
      const location = await REDIRECTS[key](asked)
      response.writeHead(302, { location }).end()
    } else if (key in ADDRESSES) {
      const body = await ADDRESSES[key](asked)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    } else {
      response.writeHead(404).end()
    }
  } catch (error) {
    const body = { message: error.message, code: error.error ?? error.code ?? '', cause: String(error.cause?.message ?? '') }
    response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}).listen(PORT, '127.0.0.1')
