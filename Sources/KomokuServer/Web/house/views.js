// Views that a person made of cards, in the order that he gave them; those that are shown on the wall belong to the house.

import { h, replace } from '../base/dom.js'
import { t } from '../base/words.js'
import { changeDocument, loadDocument } from '../hub/documents.js'

/**
 * @typedef {{ kind: 'device' | 'key' | 'graph' | 'room' | 'rule', of: string }} Card what it shows: a device's id, a key, keys of a graph (`a,b`), a room, a rule
 *
 * @typedef {object} View
 * @property {string} id
 * @property {string} name
 * @property {Card[]} cards
 * @property {boolean} [hidden] it is not among the links
 * @property {boolean} [shared] it is shown on the wall, to whoever has the link
 */

const none = { views: [] }

/** @returns {Promise<View[]>} one's own, then those of the house */
export async function loadViews() {
  const [own, shared] = await Promise.all([loadDocument('views', none), loadDocument('views', none, true)])
  /** @type {View[]} */
  const mine = own.views ?? []
  return [...mine, ...(shared.views ?? []).filter((/** @type {View} */ each) => !mine.some((one) => one.id === each.id)).map((/** @type {View} */ each) => ({ ...each, shared: true }))]
}

/**
 * @param {(views: View[]) => View[]} edit
 * @param {boolean} [shared]
 */
export const changeViews = (edit, shared = false) => changeDocument('views', none, (content) => ({ ...content, views: edit(content.views ?? []) }), shared)

/** @param {HTMLElement} nav @param {AbortSignal} signal */
export async function viewLinks(nav, signal) {
  const views = await loadViews().catch(() => [])
  if (!signal.aborted) replace(nav, views.filter((each) => !each.hidden).map((each) => h('a', { class: 'button plain', href: `#/views/${encodeURIComponent(each.id)}` }, h('bdi', null, each.name))))
  nav.setAttribute('aria-label', t('house.views'))
}
