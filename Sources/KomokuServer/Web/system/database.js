// What is stored, in plain words, and a copy of it to take away.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { number } from '../base/format.js'
import { notify } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { session } from '../hub/api.js'
import { act, bytes, facts, foreign, live, when } from './parts.js'

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showStore(content, place) {
  const state = h('div', { class: 'stack' })
  content.append(state)
  if (session?.admin) content.append(h('div', { class: 'row work' },
    h('a', { class: 'button', href: new URL('api/store/backup', document.baseURI).href, download: true }, icon('download'),
    t('store.backup')),
    act(t('store.compact'), async () => {
      const { before, after } = await ask('compact')
      notify(t('store.compacted', { before: bytes(before.file_bytes), after: bytes(after.file_bytes) }))
      await look()
    })), h('p', { class: 'quiet small' }, t('store.backup_about')))
  const look = await live(state, place.signal, () => ask('store'), drawStore)
}

/** @param {any} store */
function drawStore(store) {
  return [
    !store.storing && h('p', { class: 'attention' }, icon('warning'),
      h('span', null, t('system.storing_not'), ' ', foreign(store.last_error ?? ''))),
    store.damage && h('p', { class: 'attention' }, icon('warning'),
      h('span', null, t('store.damage'), ' ', foreign(store.damage.file ?? ''))),
    facts([[t('system.keys'), number(store.keys)], [t('system.size'), bytes(store.file_bytes)],
      [t('store.free'), store.free_bytes ? bytes(store.free_bytes) : null],
      [t('store.merged'), store.last_merge ? when(store.last_merge) : null],
      [t('store.puts'), store.hub && number(store.hub.puts)],
        [t('store.dropped'), store.dropped_puts ? number(store.dropped_puts) : null]]),
    store.tiers?.length > 0 && h('div', { class: 'scroll' },
      h('table', null, h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('store.tier')),
      h('th', { scope: 'col', class: 'number' }, t('store.count')), h('th', { scope: 'col', class: 'number' }, t('store.bytes')))),
      h('tbody', null, (store.tiers ?? []).map((/** @type {any} */ each) => h('tr', null,
        h('th', { scope: 'row' }, t(`store.${each.name}`)), h('td', { class: 'number' }, number(each.count)),
        h('td', { class: 'number' }, bytes(each.bytes))))))),
  ]
}
