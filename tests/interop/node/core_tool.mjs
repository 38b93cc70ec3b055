// An LTI tool on @lti-tool/core, for the hub to launch: node core_tool.mjs PORT
//
// Everything of LTI is that library's own code (on jose and zod). Here are its storage in memory, the addresses, and one
// at which a test registers a hub.

import { createServer } from 'node:http'
import { webcrypto } from 'node:crypto'
import { LTITool } from '@lti-tool/core'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`

class MemoryStorage {
  #configs = new Map()
  #nonces = new Set()
  #sessions = new Map()

  async saveLaunchConfig (config) { this.#configs.set(`${config.iss} ${config.clientId} ${config.deploymentId}`, config) }
  async getLaunchConfig (...key) { return this.#configs.get(key.join(' ')) }
  async storeNonce (nonce) { this.#nonces.add(nonce) }
  async validateNonce (nonce) { return this.#nonces.delete(nonce) }
  async getSession (id) { return this.#sessions.get(id) }
  async addSession (session) {
    this.#sessions.set(session.id, session)
    return session.id
  }
}

const storage = new MemoryStorage()
const keyPair = await webcrypto.subtle.generateKey(
  { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  true,
  ['sign', 'verify']
)
const tool = new LTITool({ stateSecret: new TextEncoder().encode('only-for-tests-only-for-tests-32'), keyPair, storage })

const answers = {
  'GET /healthz': async () => ({ status: 'ok' }),
  'GET /keys': () => tool.getJWKS(),
  'POST /platforms': async asked => {
    const hub = asked.get('hub')
    await storage.saveLaunchConfig({
      iss: hub,
      clientId: asked.get('client_id'),
      deploymentId: asked.get('deployment_id'),
      authUrl: `${hub}/lti/authorize`,
      tokenUrl: `${hub}/lti/token`,
      jwksUrl: `${hub}/lti/jwks`
    })
    return { status: 'ok' }
  },
  'GET /login': async asked => ({ redirect: await tool.handleLogin({ ...Object.fromEntries(asked), launchUrl: `${HOME}/launch` }) }),
  'POST /launch': async asked => tool.createSession(await tool.verifyLaunch(asked.get('id_token'), asked.get('state'))),
  'POST /score': async asked => {
    const session = await tool.getSession(asked.get('session'))
    await tool.submitScore(session, {
      userId: session.user.id,
      scoreGiven: Number(asked.get('given')),
      scoreMaximum: Number(asked.get('maximum')),
      activityProgress: 'Completed',
      gradingProgress: 'FullyGraded'
    })
    return { status: 'ok' }
  },
  'POST /results': async asked => tool.getScores(await tool.getSession(asked.get('session'))),
  'POST /members': async asked => tool.getMembers(await tool.getSession(asked.get('session')))
}

async function serve (request, response) {
  const url = new URL(request.url, HOME)
  let body = ''
  for await (const chunk of request) body += chunk
  const asked = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams
  try {
    const answer = await answers[`${request.method} ${url.pathname}`](asked)
    if (answer.redirect) return response.writeHead(302, { location: answer.redirect }).end()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  } catch (error) {
    response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ message: error.message }))
  }
}

createServer(serve).listen(PORT, '127.0.0.1', () => console.log(`ready: @lti-tool/core at ${HOME}`))
