// @lti-tool/core 1.0.6 names some of its own files as bundlers understand it and node does not: without ".js", by their
// folder, and a JSON file like a module. node --import ./resolve_js.mjs core_tool.mjs PORT

import { webcrypto } from 'node:crypto'
import { register } from 'node:module'

globalThis.crypto ??= webcrypto // which jose expects, and node 18 keeps to itself

const HOOK = `export async function resolve (specifier, context, next) {
  if (!specifier.startsWith('.')) return next(specifier, context)
  if (specifier.endsWith('.json')) {
    const importAttributes = { type: 'json' }
    return { ...await next(specifier, { ...context, importAttributes }), importAttributes }
  }
  try {
    return await next(specifier, context)
  } catch (error) {
    const endings = { ERR_MODULE_NOT_FOUND: '.js', ERR_UNSUPPORTED_DIR_IMPORT: '/index.js' }
    if (!(error.code in endings)) throw error
    return next(specifier + endings[error.code], context)
  }
}`
register(`data:text/javascript,${encodeURIComponent(HOOK)}`)
