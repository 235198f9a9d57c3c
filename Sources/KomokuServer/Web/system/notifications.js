// What rules told people: first what waits for somebody.

import { h } from '../base/dom.js'
import { ago } from '../base/format.js'
import { notify } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { act, foreign, live, mayAll, when } from './parts.js'

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showNotifications(content, place) {
  const list = h('div', { class: 'stack' })
  content.append(list)
  /** @type {() => Promise<void>} */
  const look = await live(list, place.signal, load, ({ open, past }) => [
    open.length ? h('ul', { class: 'bare stack' }, open.map((each) => drawOne(each, () => look()))) : h('p', { class: 'empty' },
      t('notes.none')),
    past.length > 0 && [h('h3', null, t('notes.past')), h('ul', { class: 'bare lines' }, past.map((each) => drawOne(each)))],
  ])
}

async function load() {
  const [open, all] = await Promise.all([ask('notifications', { open: true }), ask('notifications', { limit: 200 })])
  const ids = new Set(open.notifications.map((/** @type {any} */ each) => each.notification))
  return { open: /** @type {any[]} */ (open.notifications),
    past: /** @type {any[]} */ (all.notifications.filter((/** @type {any} */ each) => !ids.has(each.notification))) }
}

/** @param {any} each @param {() => Promise<void>} [look] it is open */
function drawOne(each, look) {
  const marks = { waiting: 'is-on', failed: 'is-bad', delivered: 'is-good', acknowledged: 'is-good' }
  return h('li', { class: look ? 'card note' : 'note' }, h('div', { class: 'row is-apart' },
    h('b', null, foreign(each.title || each.message)),
      h('span', { class: `tag ${marks[/** @type {'failed'} */ (each.state)] ?? ''}` }, t(`notes.${each.state}`))),
  each.title && h('p', null, foreign(each.message)),
  h('p', { class: 'quiet small' }, when(each.time), ' · ', t('notes.to'), ' ', foreign(each.to),
    each.rule && [' · ', h('a', { href: `#/rules/${encodeURIComponent(each.rule)}` }, foreign(each.rule))],
    each.escalated && [' · ', t('notes.escalated'), ' ', foreign(each.escalated.to), ' ', ago(each.escalated.time)],
      each.reason && [' · ', foreign(each.reason)]),
  look && mayAll() && h('div', null, act(t('notes.acknowledge'), async () => {
    await ask('acknowledge', { id: each.notification })
    notify(t('notes.done'))
    await look()
  }, { 'data-at': `note-${each.notification}` })))
}
