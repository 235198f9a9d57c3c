// Messages that nobody could use: their payloads are anybody's.

import { h } from '../base/dom.js'
import { confirm, notify } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { act, foreign, live, visible, when } from './parts.js'

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showLetters(content, place) {
  const list = h('div', { class: 'stack' })
  content.append(h('p', { class: 'quiet' }, t('letters.about')), list)
  /** @type {() => Promise<void>} */
  const look = await live(list, place.signal, () => ask('dead_letters', { limit: 500 }), (/** @type {any[]} */ letters) => letters.length
    ? [h('div', null, act(t('letters.clear'), async () => {
      if (!await confirm(t('letters.sure'), t('letters.clear'))) return
      await ask('clear_dead_letters')
      notify(t('letters.cleared'))
      await look()
    }, { 'data-at': 'clear' })), h('ul', { class: 'bare stack' }, letters.map(drawOne))]
    : h('p', { class: 'empty' }, t('letters.none')))
}

/** @param {any} letter */
function drawOne(letter) {
  const name = `letter ${letter.topic} ${letter.reason}`
  return h('li', { class: 'card' }, h('div', { class: 'row is-apart' }, h('b', { class: 'code' }, foreign(letter.topic)),
    h('span', { class: 'tag number' }, t('letters.times', { count: letter.count }))),
    h('p', null, foreign(letter.reason)), h('p', { class: 'quiet small' }, t('letters.last'), ' ', when(letter.time)),
    letter.payload ? h('details', { 'data-at': name }, h('summary', null, t('letters.payload')),
      h('pre', { class: 'payload', dir: 'ltr', tabindex: '0' }, visible(letter.payload))) : h('p', { class: 'quiet' }, t('letters.empty')))
}
