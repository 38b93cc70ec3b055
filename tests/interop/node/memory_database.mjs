// What ltijs asks of a database, in memory. Where ltijs hands over a key its documents could be encrypted; here they are
// kept as they are, together with what they are found by.

export class MemoryDatabase {
  #collections = new Map()

  async setup () { return true }
  async Close () { return true }

  async Get (key, collection, query) {
    const found = this.#found(collection, query).map(({ item, createdAt }) => ({ ...structuredClone(item), createdAt }))
    return found.length ? found : false
  }

  async Insert (key, collection, item, index) {
    this.#all(collection).push({ index: index ?? {}, item: structuredClone(item), createdAt: Date.now() })
    return true
  }

  async Replace (key, collection, query, item, index) {
    await this.Delete(collection, query)
    return this.Insert(key, collection, item, index)
  }

  async Modify (key, collection, query, modification) {
    for (const entry of this.#found(collection, query)) Object.assign(entry.item, modification)
    return true
  }

  async Delete (collection, query) {
    const gone = new Set(this.#found(collection, query))
    this.#collections.set(collection, this.#all(collection).filter(entry => !gone.has(entry)))
    return true
  }

  #all (collection) {
    if (!this.#collections.has(collection)) this.#collections.set(collection, [])
    return this.#collections.get(collection)
  }

  #found (collection, query = {}) {
    const matches = entry => {
      const fields = { ...entry.item, ...entry.index }
      return Object.entries(query).every(([name, value]) => fields[name] === value)
    }
    return this.#all(collection).filter(matches)
  }
}
