// What differs between two texts, line by line.

import { h } from '../base/dom.js'
import { t } from '../base/words.js'

/** @typedef {[' ' | '-' | '+', string]} Change a line that is in both, only in the old one, only in the new one */

/** More would take longer than a person waits; what is left is shown as replaced. */
const most = 1500

/**
 * The shortest way from one to the other (Myers).
 * @param {string[]} old
 * @param {string[]} next
 * @returns {Change[]}
 */
export function difference(old, next) {
  let start = 0
  while (start < old.length && start < next.length && old[start] === next[start]) start++
  let end = 0
  while (end < old.length - start && end < next.length - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end++
  /** @param {string[]} lines @returns {Change[]} */
  const same = (lines) => lines.map((each) => [' ', each])
  return [...same(old.slice(0, start)), ...middle(old.slice(start, old.length - end), next.slice(start, next.length - end)), ...same(old.slice(old.length - end))]
}

/** @param {string[]} old @param {string[]} next @returns {Change[]} */
function middle(old, next) {
  /** @type {Map<number, number>[]} */
  const steps = []
  let reach = new Map([[1, 0]])
  for (let depth = 0; depth <= Math.min(old.length + next.length, most); depth++) {
    steps.push(new Map(reach))
    for (let line = -depth; line <= depth; line += 2) {
      const isDown = line === -depth || (line !== depth && (reach.get(line - 1) ?? -1) < (reach.get(line + 1) ?? -1))
      let x = isDown ? reach.get(line + 1) ?? 0 : (reach.get(line - 1) ?? 0) + 1
      while (x < old.length && x - line < next.length && old[x] === next[x - line]) x++
      reach.set(line, x)
      if (x >= old.length && x - line >= next.length) return walk(steps, old, next)
    }
  }
  return [...old.map((each) => /** @type {Change} */ (['-', each])), ...next.map((each) => /** @type {Change} */ (['+', each]))]
}

/** @param {Map<number, number>[]} steps @param {string[]} old @param {string[]} next */
function walk(steps, old, next) {
  /** @type {Change[]} */
  const found = []
  let [x, y] = [old.length, next.length]
  for (let depth = steps.length - 1; depth >= 0; depth--) {
    const reach = steps[depth]
    const line = x - y
    const isDown = line === -depth || (line !== depth && (reach.get(line - 1) ?? -1) < (reach.get(line + 1) ?? -1))
    const from = isDown ? line + 1 : line - 1
    const before = reach.get(from) ?? 0
    while (x > Math.max(0, before) && y > Math.max(0, before - from)) { found.push([' ', old[--x]]); y-- }
    if (depth) found.push(isDown ? ['+', next[--y]] : ['-', old[--x]])
  }
  return found.reverse()
}

/**
 * Shows what differs, with three lines around.
 * @param {string} old
 * @param {string} next
 */
export function differenceView(old, next) {
  const changes = difference(old.split('\n'), next.split('\n'))
  const near = new Set(changes.flatMap(([sign], index) => sign === ' ' ? [] : [-3, -2, -1, 0, 1, 2, 3].map((each) => index + each)))
  if (!near.size) return h('p', { class: 'quiet' }, t('difference.none'))
  let isGap = false
  const names = { '+': t('difference.new'), '-': t('difference.old'), ' ': '' }
  return h('div', { class: 'difference code scroll', tabindex: 0, role: 'group', 'aria-label': t('difference.label') }, changes.map(([sign, text], index) => {
    if (!near.has(index)) { const shown = !isGap && h('div', { class: 'quiet' }, '⋯'); isGap = true; return shown }
    isGap = false
    return h(sign === '+' ? 'ins' : sign === '-' ? 'del' : 'div', null, h('span', { 'aria-hidden': 'true' }, sign), names[sign] && h('span', { class: 'unseen' }, `${names[sign]}: `), text)
  }))
}
