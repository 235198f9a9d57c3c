// Of what the pages of the system and of the devices are made.

import { h, replace, setText } from '../base/dom.js'
import { every } from '../base/events.js'
import { capital, fullMoment, moment, number, withUnit } from '../base/format.js'
import { t } from '../base/words.js'
import { session } from '../hub/api.js'
import { connection } from '../hub/connection.js'

/**
 * Whether a hub does not know a command: it is older than this page.
 * @param {any} error
 */
export function isLacking(error) { return error?.code === 'invalid_query' && error.message === error.code }

/** @param {any} error what `ask` threw, as a sentence */
export function sentence(error) {
  if (isLacking(error)) return t('system.lacking')
  return error?.code === 'not_allowed' ? t('system.not_allowed') : capital(error?.message ?? String(error))
}

/** Whether the caller may do what needs every key. */
export function mayAll() { return !!session && (session.admin || session.write.includes('**')) }

/** Whether the caller may read every key. */
export function readsAll() { return !!session && (session.admin || session.read.includes('**')) }

/**
 * Shows what the hub answers, and shows it anew where the answer is another: after ten seconds, after a break, or when asked to.
 * @template T
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} load
 * @param {(answer: T) => import('../base/dom.js').Child} draw
 * @returns {Promise<() => Promise<void>>} has it look again
 */
export async function live(place, signal, load, draw) {
  /** @type {string | undefined} */
  let known
  const look = async () => {
    try {
      const answer = await load()
      const text = JSON.stringify(answer)
      if (signal.aborted || text === known) return
      known = text
      keepFocus(place, () => replace(place, draw(answer)))
    } catch (error) {
      // What was shown stays; that the hub is away is said above.
      if (!signal.aborted && known === undefined) replace(place, h('p', { class: 'empty' }, sentence(error)))
    }
  }
  connection.changed.listen((state) => { if (state === 'open') look() }, signal)
  every(10_000, () => { if (connection.state === 'open') look() }, signal)
  await look()
  return look
}

/**
 * What is drawn anew keeps the focus, found by `data-at`, and what was unfolded.
 * @param {HTMLElement} place
 * @param {() => void} work
 */
function keepFocus(place, work) {
  const at = (/** @type {Element | null} */ element) => element instanceof HTMLElement && place.contains(element) ? element.dataset.at
    : undefined
  const focused = at(document.activeElement)
  const open = [...place.querySelectorAll('details[open]')].map(at)
  work()
  const find = (/** @type {string | undefined} */ name) => name === undefined ? null
    : /** @type {HTMLElement | null} */ (place.querySelector(`[data-at="${CSS.escape(name)}"]`))
  for (const name of open) find(name)?.setAttribute('open', '')
  find(focused)?.focus({ preventScroll: true })
}

/** @param {[string, import('../base/dom.js').Child][]} pairs those without a value are left out */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [h('dt', null, name), h('dd', null, value)]))
}

/** @param {number | null | undefined} seconds since 1970 */
export function when(seconds) {
  return seconds ? h('time', { title: fullMoment(seconds), datetime: new Date(seconds * 1000).toISOString() },
    moment(seconds)) : t('system.never')
}

/** @param {number} count */
export function bytes(count) {
  const step = Math.min(3, Math.max(0, Math.floor(Math.log10(count || 1) / 3)))
  return withUnit(number(count / 1000 ** step, step && count / 1000 ** step < 10 ? 1 : 0), ['B', 'kB', 'MB', 'GB'][step])
}

/** @param {string} text of somebody else, in a sentence of ours */
export function foreign(text) { return h('bdi', null, visible(text)) }

/**
 * Characters that are not seen are shown by their numbers: nobody hides anything behind them.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (each) => `\\u{${each.charCodeAt(0).toString(16)}}`)
}

/**
 * A dialog with a form. It stays open with the hub's sentence where the hub refuses.
 * @param {string} title
 * @param {import('../base/dom.js').Child} content
 * @param {string} action what the button says
 * @param {(fields: HTMLFormElement) => Promise<any>} work
 * @param {{ isDanger?: boolean }} [options]
 * @returns {Promise<any>} what the work gave; undefined: it was left
 */
export function openForm(title, content, action, work, options = {}) {
  return new Promise((resolve) => {
    /** @type {any} */
    let result
    const failure = h('p', { class: 'field-error', role: 'alert' })
    const button = h('button', { class: options.isDanger ? 'is-danger' : null }, action)
    const heading = `dialog-${Date.now()}`
    const dialog = h('dialog', { 'aria-labelledby': heading, onclose: () => { dialog.remove(); resolve(result) } },
      h('form', { class: 'stack', onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault()
      button.disabled = true
      setText(failure, '')
      try { result = await work(/** @type {HTMLFormElement} */ (event.target)) ?? true; dialog.close() } catch (error) { setText(failure,
        sentence(error)) }
      button.disabled = false
    } }, h('h2', { id: heading }, title), content, failure, h('div', { class: 'row is-end' },
      h('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, t('action.cancel')), button)))
    document.body.append(dialog)
    dialog.showModal()
  })
}

/**
 * A button that does something at the hub: it waits, and says what the hub refuses.
 * @param {string} label
 * @param {() => Promise<any>} work
 * @param {Record<string, any>} [properties]
 */
export function act(label, work, properties = {}) {
  const button = h('button', { type: 'button', class: 'plain', ...properties, onclick: async () => {
    button.disabled = true
    try { await work() } catch (error) { const { notify } = await import('../base/notice.js'); notify(sentence(error), { kind: 'error' }) }
    button.disabled = false
  } }, label)
  return button
}
