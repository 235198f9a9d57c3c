// Examples to begin with: the keys that they name are places which are filled with keys of the house.

import { h, replace } from '../base/dom.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { keys } from '../keys/store.js'
import { byKey } from '../devices/store.js'
import { codeView } from './area.js'
import { keyName, own } from './sentences.js'

/** @typedef {{ key: string, type?: string, unit?: string, written?: boolean }} Slot */
/** @typedef {{ name: string, title: string, text: string, tests?: string, setup?: string, slots?: Slot[] }} Example */

/**
 * The example with keys of the house; a key that needs it stands in backquotes where it is in an expression.
 * @param {string} text
 * @param {Map<string, string>} chosen
 */
export function filled(text, chosen) {
  const all = [...chosen.keys()].sort((one, other) => other.length - one.length)
  const places = all.length && new RegExp(`(?<![\\p{L}\\p{N}_.-])(${all.map((each) => each.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&')).join('|')})(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`, 'gu')
  return text.split('\n').map((line) => !places ? line : line.replace(places, (found, _, at) => {
    const key = chosen.get(found) ?? found
    const before = line.slice(0, at)
    const isExpression = (before.match(/"/g)?.length ?? 0) % 2 === 1 || /\b(if|while|until|becomes|is|wait_until)\s*:\s*[^{]*$/.test(before)
    return isExpression && /-|^\d|\.\d/.test(key) && before.at(-1) !== '`' ? `\`${key}\`` : key
  })).join('\n')
}

/**
 * Which keys fit, those with the same unit and a like name first.
 * @param {Slot} slot
 */
function fitting({ key: name, type, unit, written }) {
  const last = name.split('.').pop() ?? ''
  const fits = [...keys.values()].filter((key) => !type || key.type === type || (type === 'numeric' && key.type === 'counter'))
  /** @param {import('../keys/store.js').Key} key */
  const rank = (key) => (unit && key.opts.unit === unit ? 0 : 2) + (written && key.device && !key.writable ? 4 : 0) + (key.name.includes(last) || byKey.get(key.name)?.[1].class === last ? 0 : 1)
  return fits.map((key) => ({ key, rank: rank(key), name: keyName(key.name) })).sort((one, other) => one.rank - other.rank || one.name.localeCompare(other.name))
}

/**
 * The first clause of a title: a list shows what an example is for, the rest stands in its text.
 * @param {string} title
 */
const clause = (title) => /^.{24,}?(?=[.;:,] |\.$|$)/.exec(title ?? '')?.[0] ?? title

/**
 * Lets a person choose an example and fill it in.
 * @param {HTMLElement} place
 * @param {(text: string, tests: string, setup: string) => void} use
 */
export async function showExamples(place, use, wanted = '') {
  /** @type {Example[]} */
  let examples
  try { ({ examples } = await ask('rule_examples')) } catch { return replace(place, h('p', { class: 'quiet' }, t('examples.none'))) }
  const select = h('select', { onchange: () => open() }, h('option', { value: '' }, t('examples.choose')), examples.map((each) => h('option', { value: each.name, selected: each.name === wanted, title: each.title }, clause(each.title) || each.name)))
  const form = h('div')
  const open = () => {
    const example = examples.find((each) => each.name === select.value)
    replace(form, example && exampleForm(example, use))
  }
  replace(place, h('label', null, t('examples.label'), select), form)
  open()
}

/** @param {Example} example @param {(text: string, tests: string, setup: string) => void} use */
function exampleForm(example, use) {
  const about = /^(?:#.*\n)+/.exec(example.text)?.[0].replace(/^# ?/gm, '') ?? ''
  const fields = (example.slots ?? []).map((slot) => {
    const select = h('select', null, h('option', { value: '' }, t('examples.keep', { key: slot.key })), fitting(slot).map(({ key, name }) => h('option', { value: key.name }, name)))
    return { slot, select, label: h('label', null, h('span', null, own(keyName(slot.key)), slot.unit && h('span', { class: 'quiet' }, ` (${slot.unit})`)), select) }
  })
  return h('form', { class: 'stack', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault()
    const chosen = new Map(fields.filter((each) => each.select.value).map((each) => [each.slot.key, each.select.value]))
    // Tests name their file and keys of their own: they go with the example as it is.
    use(filled(example.text, chosen), filled((example.tests ?? '').replace(/^rules:.*\n/, ''), chosen), example.setup ? `\n${filled(example.setup, chosen)}` : '')
  } }, h('p', null, about), fields.length > 0 && h('fieldset', { class: 'grid' }, h('legend', null, t('examples.fill')), fields.map((each) => each.label)),
    h('details', null, h('summary', null, t('examples.text')), codeView(example.text)), h('div', null, h('button', null, t('examples.use'))))
}
