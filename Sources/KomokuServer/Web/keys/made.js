// What the family made and named itself: the helpers of the house, asked for when the keys are, so that they have their names everywhere.

import { ask, connection } from '../hub/connection.js'
import { beforeNextFrame } from '../base/events.js'
import { keys, listed, touch } from './store.js'

/** @typedef {Record<string, any> & { key: string, kind: string, label?: string }} Helper */

/**
 * By their keys.
 * @type {Map<string, Helper>}
 */
export const helpers = new Map()

/** @returns {Promise<boolean>} whether this hub has helpers */
export async function loadHelpers() {
  try {
    const answer = await ask('helpers')
    helpers.clear()
    for (const each of answer.helpers) helpers.set(each.key, each)
    return true
  } catch (error) {
    if (error.code === 'unreachable') throw error
    return false
  }
}

/**
 * The helper whose key it is, or of whose it is a part: `.ends` of a timer.
 * @param {string} name
 */
export const helperOf = (name) => helpers.get(name) ?? (name.endsWith('.ends') ? helpers.get(name.slice(0, -5)) : undefined)

/** Keeps their names as the list of keys changes. */
export function startHelpers() {
  let [before, count] = ['', -1]
  connection.changed.listen((state) => { if (state === 'open') count = keys.size })
  const look = () => loadHelpers().then(() => {
    const now = JSON.stringify([...helpers.values()].map(({ key, label }) => [key, label]))
    if (now === before) return
    before = now
    for (const key of helpers.keys()) { touch(key); touch(`${key}.ends`) }
    if (count >= 0) listed.emit()
  }, () => {})
  // Keys are listed page by page, and again with each name: only more or fewer of them can be others.
  listed.listen(() => { if (connection.state === 'open' && keys.size !== count) { count = keys.size; beforeNextFrame(look) } })
  return look
}
