// The points of the range that is shown, page by page, with what is wrong with some, and corrections.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { date } from '../base/format.js'
import { t } from '../base/words.js'
import { confirm, notify, notifyError } from '../base/notice.js'
import { api, mayWrite } from '../hub/api.js'
import { ask } from '../hub/connection.js'
import { forget } from '../graph/data.js'
import { keyText } from './names.js'
import { causeText } from './why.js'
import { keys } from './store.js'

const pageLength = 50

/**
 * @param {string} name
 * @param {AbortSignal} signal
 * @param {() => import('../graph/graph.js').Graph | undefined} shown
 */
export function points(name, signal, shown) {
  const [body, state, foot] = [h('tbody'), h('p', { class: 'quiet' }), h('div', { class: 'row' })]
  /** @type {{ since: number, until: number }} */
  let range = { since: 0, until: 0 }
  /**
   * Where the pages before began.
   * @type {number[]}
   */
  let pages = []
  const load = async () => {
    if (!frame.open || signal.aborted) return
    const since = pages[pages.length - 1] ?? range.since
    try {
      const [answer, done, odd] = await Promise.all([
        api('GET', `keys/${encodeURIComponent(name)}/history`, pages.length ? { after: since, since: range.since, until: range.until,
          limit: pageLength } : { since, until: range.until, limit: pageLength }, { signal }),
        // By what: the hub knows it of what is not long ago.
        ask('activity', { key: name, since, kinds: ['change'], limit: 200 }).then((found) => found.activity, () => []),
        keys.get(name)?.type === 'counter' ? ask('repair', { key: name, since: range.since,
          until: range.until }).then((found) => found.outliers, () => []) : [],
      ])
      const causes = new Map(done.map((/** @type {any} */ each) => [each.time, each.cause]))
      const kinds = new Map(odd.map((/** @type {any} */ each) => [each.time, each.kind]))
      replace(body, answer.points.map((/** @type {[number, any]} */ [time, value]) => row(time, value, kinds.get(time), causes.get(time))))
      replace(state, answer.points.length ? '' : t('points.none'))
      replace(foot, pages.length > 0 && h('button', { class: 'plain', onclick: () => { pages.pop(); load() } }, t('points.before')),
        answer.next && h('button', { class: 'plain', onclick: () => { pages.push(answer.next); load() } }, t('points.after')),
        mayWrite(name) && h('button', { class: 'plain', onclick: () => repair({ undo: true }, t('points.undone')) }, icon('undo'), t('points.undo')))
    } catch (error) { if (error.name !== 'AbortError') replace(state, error.message) }
  }
  /** @param {any} change @param {string} text */
  const repair = async (change, text) => {
    try {
      await ask('repair', { key: name, ...change })
      forget(name)
      shown()?.redraw()
      notify(text, change.undo ? {} : { action: t('points.undo'), onaction: () => repair({ undo: true }, t('points.undone')) })
      load()
    } catch (error) { notifyError(error) }
  }
  /** @param {number} time @param {any} value @param {string} [kind] @param {any} [cause] */
  const row = (time, value, kind, cause) => h('tr', null, h('th', { scope: 'row', class: 'number' }, date(time,
    { dateStyle: 'medium', timeStyle: 'medium' })),
    h('td', { class: 'number' }, value === null ? t('points.gap') : h('bdi', null, keyText(name, value))), h('td', null,
      kind && h('span', { class: 'tag' }, t(`points.${kind}`)), causeText(cause)),
    mayWrite(name) && h('td', null, h('button', { class: 'plain', 'aria-label': t('points.correct.of',
      { time: date(time, { dateStyle: 'medium', timeStyle: 'medium' }) }), onclick: () => correct(name, time, value, kind, repair) }, icon('edit'))))
  const frame = h('details', { class: 'card', ontoggle: load }, h('summary', null, t('points.title')), state,
    h('div', { class: 'scroll' }, h('table', null, h('thead', null, h('tr', null,
      ['graph.time', 'keys.value', 'points.kind'].map((each) => h('th', { scope: 'col' }, t(each))), mayWrite(name) && h('th',
      { scope: 'col' }, h('span', { class: 'unseen' }, t('points.correct'))))), body)), foot)
  return { element: frame, show: (/** @type {{ since: number, until: number }} */ { since, until }) => { range = { since,
    until }; pages = []; load() } }
}

/**
 * @param {string} name
 * @param {number} time
 * @param {any} value
 * @param {string | undefined} kind
 * @param {(change: any, text: string) => Promise<void>} repair
 */
function correct(name, time, value, kind, repair) {
  const type = keys.get(name)?.type ?? ''
  const isSwitch = type === 'boolean' || type === 'uptime'
  const field = isSwitch ? h('select', { name: 'value' }, [true, false].map((each) => h('option',
    { value: String(each), selected: value === each }, keyText(name, each))))
    : h('input', { name: 'value', value: value ?? '', inputmode: type === 'string' ? 'text' : 'decimal', required: true })
  /** @param {string} action */
  const act = async (action) => {
    if (action === 'set') {
      const entered = isSwitch ? field.value === 'true' : type === 'string' ? field.value : Number(field.value.replace(',', '.'))
      if (typeof entered === 'number' && !Number.isFinite(entered)) return notify(t('points.number'), { kind: 'error' })
      await repair({ set: [time, entered] }, t('points.corrected'))
    } else if (action === 'remove') { if (await confirm(t('points.remove.sure'), t('points.remove'))) await repair({ remove: time },
      t('points.removed')) }
    else if (action) { if (await confirm(t(`points.${action}.sure`), t(`points.${action}`))) await repair({ [action]: time }, t('points.corrected')) }
  }
  const dialog = h('dialog', { 'aria-labelledby': 'correct-title', onclose: () => { dialog.remove(); act(dialog.returnValue) } }, h('form',
    { method: 'dialog', class: 'stack' },
    h('h2', { id: 'correct-title' }, t('points.correct.of', { time: date(time, { dateStyle: 'medium', timeStyle: 'medium' }) })), h('label',
      null, t('points.value'), field),
    h('div', { class: 'row' }, h('button', { value: 'set' }, t('points.set')), h('button',
      { value: 'remove', class: 'plain', formnovalidate: true }, t('points.remove')),
      type === 'counter' && h('button', { value: kind === 'replaced' ? 'not_replaced' : 'replaced', class: 'plain', formnovalidate: true },
        t(kind === 'replaced' ? 'points.not_replaced' : 'points.replaced')),
      h('button', { value: '', class: 'plain', formnovalidate: true }, t('action.cancel')))))
  document.body.append(dialog)
  dialog.showModal()
}
