// What a person's page keeps on the hub: favourites, views of his own, rooms as he changed them. The same on each of his devices.

import { ask } from './connection.js'

/** @type {Map<string, { revision: any, content: any }>} */
const kept = new Map()

/**
 * @param {string} name `favourites`
 * @param {any} otherwise what it is as long as nothing was kept
 * @param {boolean} [shared] whether it is one for the whole house
 */
export async function loadDocument(name, otherwise, shared = false) {
  try {
    const { revision, content } = await ask('document', { name, shared })
    kept.set(`${name} ${shared}`, { revision, content })
    return content
  } catch (error) {
    // Where there is none, or the hub keeps none, the page starts with nothing.
    if (/** @type {any} */ (error)?.code === 'unreachable') throw error
    kept.delete(`${name} ${shared}`)
    return otherwise
  }
}

/**
 * Changes what is there now: where another page of the same person changed it meanwhile, that is kept.
 * @param {string} name
 * @param {any} otherwise
 * @param {(content: any) => any} change gives the new content
 * @param {boolean} [shared]
 */
export async function changeDocument(name, otherwise, change, shared = false) {
  for (let attempt = 0; ; attempt++) {
    if (attempt || !kept.has(`${name} ${shared}`)) await loadDocument(name, otherwise, shared)
    const known = kept.get(`${name} ${shared}`)
    const content = change(structuredClone(known?.content ?? otherwise))
    try {
      const { revision } = await ask('put_document', { name, shared, content, revision: known?.revision ?? 0 })
      kept.set(`${name} ${shared}`, { revision, content })
      return content
    } catch (error) {
      if (/** @type {any} */ (error)?.code !== 'conflict' || attempt === 3) throw error
    }
  }
}
