// Short words at the edge of the window, and what readers of the screen are told.

import { h } from './dom.js'
import { icon } from './icons.js'
import { t } from './words.js'

/**
 * Says something to who cannot see the change that he asked for.
 * @param {string} text
 */
export function announce(text) {
  const place = document.getElementById('status')
  if (place) place.textContent = place.textContent === text ? `${text}\u00a0` : text
}

/**
 * @param {string} text
 * @param {{ kind?: 'ok' | 'error' | 'lasting', action?: string, onaction?: () => void }} [options]
 */
export function notify(text, options = {}) {
  const isError = options.kind === 'error'
  const action = options.action && h('button', { class: 'plain', onclick: () => { options.onaction?.(); note.remove() } }, options.action)
  const note = h('div', { class: `notice ${isError ? 'is-error' : ''}` }, icon(isError ? 'error' : 'ok'), h('span', null, text), action,
    h('button', { class: 'plain bare', 'aria-label': t('action.close'), onclick: () => note.remove() }, icon('close')))
  let place = document.getElementById('notices')
  if (!place) document.body.append(place = h('div', { id: 'notices' }))
  place?.append(note)
  announce(text)
  if (options.kind === 'lasting') return
  // Errors take longer to read, and are of the view in which they came.
  setTimeout(() => note.remove(), isError ? 30_000 : 6000)
  if (isError) addEventListener('hashchange', () => note.remove(), { once: true })
}

/** @param {any} error what `api` or `ask` threw */
export function notifyError(error) {
  if (error?.name !== 'AbortError') notify(error?.message || String(error), { kind: 'error' })
}

/**
 * Asks before what cannot be undone.
 * @param {string} text
 * @param {string} action what the button says: "Delete"
 * @returns {Promise<boolean>}
 */
export function confirm(text, action) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'dialog', onclose: () => { dialog.remove(); resolve(dialog.returnValue === 'yes') } },
      h('form', { method: 'dialog' }, h('p', null, text), h('div', { class: 'row is-end' },
        h('button', { value: 'no', class: 'plain' }, t('action.cancel')), h('button', { value: 'yes', class: 'is-danger' }, action))))
    document.body.append(dialog)
    dialog.showModal()
  })
}
