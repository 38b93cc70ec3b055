// An LTI tool on ltijs, for the hub to launch: node ltijs_tool.mjs PORT
//
// Everything of LTI is ltijs's own code. Here are only a database in memory, addresses that call its services and
// show what it says, and an address at which a test registers a hub.

import ltijs from 'ltijs'
import { MemoryDatabase } from './memory_database.mjs'

const PORT = Number(process.argv[2])
const HOME = `http://127.0.0.1:${PORT}`
const lti = ltijs.Provider

lti.setup('only-for-tests', { plugin: new MemoryDatabase() }, {
  appRoute: '/launch',
  loginRoute: '/login',
  keysetRoute: '/keys',
  dynRegRoute: '/register',
  cookies: { secure: false, sameSite: 'Lax' },
  dynReg: { url: HOME, name: 'A tool on ltijs', redirectUris: [`${HOME}/launch`], autoActivate: true }
})
lti.whitelist('/platforms', '/healthz')

// Says what a service of the hub answered, or with which status it refused.
function service (call) {
  return async (req, res) => {
    try {
      res.send(await call(res.locals.token, req))
    } catch (error) {
      res.status(502).send({ status: error.response?.statusCode ?? 0, message: error.message, body: error.response?.body })
    }
  }
}

const lineItem = token => token.platformContext.endpoint.lineitem

lti.onConnect((token, req, res) => res.send({ ltik: res.locals.ltik, token }))
lti.onDeepLinking((token, req, res) => res.send({ ltik: res.locals.ltik, token }))
lti.onInvalidToken((req, res) => res.status(401).send(res.locals.err))

lti.app.get('/healthz', (req, res) => res.send({ status: 'ok' }))
lti.app.post('/platforms', async (req, res) => {
  const hub = req.body.hub
  const platform = await lti.registerPlatform({
    url: hub,
    name: 'The hub',
    clientId: req.body.client_id,
    authenticationEndpoint: `${hub}/lti/authorize`,
    accesstokenEndpoint: `${hub}/lti/token`,
    authConfig: { method: 'JWK_SET', key: `${hub}/lti/jwks` }
  })
  await platform.platformActive(true)
  res.send({ kid: await platform.platformId() })
})
lti.app.post('/score', service((token, req) => lti.Grade.submitScore(token, lineItem(token), req.body)))
lti.app.get('/results', service(token => lti.Grade.getScores(token, lineItem(token))))
lti.app.get('/line-items', service((token, req) => lti.Grade.getLineItems(token, req.query)))
lti.app.post('/line-items', service((token, req) => lti.Grade.createLineItem(token, req.body)))
lti.app.get('/members', service((token, req) => lti.NamesAndRoles.getMembers(token, { pages: false, limit: req.query.limit })))
lti.app.post('/deep-link', service((token, req) => lti.DeepLinking.createDeepLinkingForm(token, req.body.items, {})))

await lti.deploy({ serverless: true, silent: true })
lti.app.listen(PORT, '127.0.0.1', () => console.log(`ready: ltijs at ${HOME}`))
