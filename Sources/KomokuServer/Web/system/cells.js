// States that failed and wait for somebody who knows what to do with them.

import { h } from '../base/dom.js'
import { confirm } from '../base/notice.js'
import { number } from '../base/format.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { act, foreign, live } from './parts.js'

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showCells(content, place) {
  const list = h('div', { class: 'stack' })
  content.append(h('p', { class: 'quiet' }, t('cells.about')), list)
  /** @type {() => Promise<void>} */
  const look = await live(list, place.signal, () => ask('cells'), ({ behaviours, cells }) => [
    h('ul', { class: 'bare' }, behaviours.map((/** @type {any} */ each) => h('li', null, foreign(each.behaviour), ': ',
      t('cells.alive', { count: each.alive, number: number(each.alive) }),
      each.failed ? [' · ', t('cells.failed', { count: each.failed })] : null))),
    cells.length ? h('ul', { class: 'bare stack' }, cells.map((/** @type {any} */ cell) => drawOne(cell, () => look()))) : h('p',
      { class: 'empty' }, t('cells.none')),
  ])
}

/** @param {any} cell @param {() => Promise<void>} look */
function drawOne(cell, look) {
  const { behaviour, id } = cell
  const change = (/** @type {string} */ what) => async () => {
    if (what === 'forget' && !await confirm(t('cells.sure'), t('cells.forget'))) return
    await ask('change_cell', { behaviour, id, do: what })
    await look()
  }
  return h('li', { class: 'card' }, h('b', null, foreign(behaviour), ' ', h('code', null, foreign(String(id)))),
    cell.error && h('p', null, foreign(cell.error)),
    h('div', { class: 'row' }, act(t('cells.revive'), change('revive'), { 'data-at': `revive ${behaviour} ${id}` }),
      act(t('cells.forget'), change('forget'))))
}
