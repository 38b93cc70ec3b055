// Takes out of package-lock.json what an install does not need, such as addresses of sponsors.
// node slim_lock.mjs

import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('package-lock.json', import.meta.url)
const NEEDLESS = new Set(['resolved', 'funding', 'license', 'deprecated'])

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
for (const [path, entry] of Object.entries(lock.packages)) {
  lock.packages[path] = Object.fromEntries(Object.entries(entry).filter(([name]) => !NEEDLESS.has(name)))
}
writeFileSync(FILE, JSON.stringify(lock, null, 2) + '\n')
