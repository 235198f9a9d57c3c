// What a person pinned by a star: `device:ID`, `key:NAME`, `room:ID`, `rule:NAME`. Kept on the hub.

import { change, h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { Emitter } from '../base/events.js'
import { announce, notifyError } from '../base/notice.js'
import { t } from '../base/words.js'
import { changeDocument, loadDocument } from '../hub/documents.js'

/** @type {string[]} */
export let favourites = []
/**
 * They were changed.
 * @type {Emitter<void>}
 */
export const favouritesChanged = new Emitter()

export async function loadFavourites() {
  favourites = (await loadDocument('favourites', { items: [] })).items ?? []
  favouritesChanged.emit()
}

/** @param {(items: string[]) => string[]} edit */
export async function changeFavourites(edit) {
  const before = favourites
  favourites = edit([...favourites])
  favouritesChanged.emit()
  try {
    favourites = (await changeDocument('favourites', { items: [] }, (content) => ({ ...content, items: edit(content.items ?? []) }))).items
  } catch (error) {
    favourites = before
    notifyError(error)
  }
  favouritesChanged.emit()
}

/**
 * A star that pins something.
 * @param {string} item
 * @param {string} name
 * @param {AbortSignal} signal
 */
export function star(item, name, signal) {
  const button = h('button', { class: 'plain bare star', onclick: () => changeFavourites((items) => items.includes(item) ? items.filter((each) => each !== item) : [...items, item]) }, icon('star'))
  const draw = () => {
    const isPinned = favourites.includes(item)
    change(button, { 'aria-pressed': isPinned ? 'true' : 'false', 'aria-label': t(isPinned ? 'star.remove' : 'star.add', { name }) })
  }
  favouritesChanged.listen(draw, signal)
  draw()
  return button
}

/**
 * A list whose order is changed by buttons (keyboard) and by dragging a handle.
 * @param {HTMLElement} list
 * @param {(from: number, to: number) => void} move
 * @param {AbortSignal} signal
 * @returns {(name: string) => HTMLElement} makes the grip of an item, which is a child of the list
 */
export function sortable(list, move, signal) {
  const itemOf = (/** @type {Element} */ grip) => [...list.children].findIndex((each) => each.contains(grip))
  const shift = (/** @type {HTMLElement} */ grip, /** @type {number} */ by, /** @type {string} */ name) => {
    const from = itemOf(grip)
    const to = from + by
    if (from < 0 || to < 0 || to >= list.children.length) return
    list.insertBefore(list.children[from], by > 0 ? list.children[to].nextSibling : list.children[to])
    grip.focus()
    announce(`${name}: ${to + 1} / ${list.children.length}`)
    move(from, to)
  }
  return (name) => {
    const up = h('button', { class: 'plain bare', 'aria-label': t('move.up', { name }), onclick: () => shift(up, -1, name) }, icon('up'))
    const down = h('button', { class: 'plain bare', 'aria-label': t('move.down', { name }), onclick: () => shift(down, 1, name) }, icon('down'))
    const handle = h('span', { class: 'handle', 'aria-hidden': 'true', title: t('move.drag', { name }) }, '⠿')
    drag(handle, list, itemOf, move, signal)
    return h('span', { class: 'row grips' }, handle, up, down)
  }
}

/**
 * @param {HTMLElement} handle
 * @param {HTMLElement} list
 * @param {(grip: Element) => number} itemOf
 * @param {(from: number, to: number) => void} move
 * @param {AbortSignal} signal
 */
function drag(handle, list, itemOf, move, signal) {
  handle.addEventListener('pointerdown', (event) => {
    event.preventDefault()
    const from = itemOf(handle)
    const done = new AbortController()
    const options = { signal: done.signal }
    // The list and not the handle, which is moved and would lose the pointer by that.
    list.setPointerCapture(event.pointerId)
    list.children[from]?.classList.add('is-dragged')
    list.addEventListener('pointermove', (/** @type {PointerEvent} */ { clientX: x, clientY: y }) => {
      const at = itemOf(handle)
      const over = [...list.children].findIndex((each) => {
        const { top, bottom, left, right } = each.getBoundingClientRect()
        return y > top && y < bottom && x > left && x < right
      })
      if (over >= 0 && over !== at) list.insertBefore(list.children[at], over > at ? list.children[over].nextSibling : list.children[over])
    }, options)
    const end = () => {
      done.abort()
      const to = itemOf(handle)
      list.children[to]?.classList.remove('is-dragged')
      if (to !== from) move(from, to)
    }
    list.addEventListener('pointerup', end, options)
    list.addEventListener('pointercancel', end, options)
  }, { signal })
}
