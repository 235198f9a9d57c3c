// Rules that are tried before they are saved: on the recorded past, against the saved ones, and by their tests.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { date, duration } from '../base/format.js'
import { ask } from '../hub/connection.js'
import { keys } from '../keys/store.js'
import { fold, own, recordChain, recordIcon, recordWords, reasonWords, unlinked, walk } from './sentences.js'

/** @typedef {Record<string, any>} Line of `replay_rules` */

const atOnce = 100
const mostMarks = 400

/**
 * Says that something is going on and for how long, and what went wrong.
 * @template T
 * @param {HTMLElement} place
 * @param {string} text
 * @param {() => Promise<T>} work
 * @param {AbortSignal} signal
 * @returns {Promise<T | undefined>}
 */
export async function withProgress(place, text, work, signal) {
  const started = Date.now()
  const time = h('span', { class: 'number' })
  replace(place, h('div', { class: 'row', role: 'status' }, h('progress', { 'aria-label': text }), text), time)
  const timer = setInterval(() => setText(time, duration((Date.now() - started) / 1000)), 1000)
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  try {
    const answer = await work()
    replace(place)
    return answer
  } catch (error) {
    replace(place, h('p', { class: 'field-error', role: 'alert' }, icon('error'), ' ', own(error.message)))
  } finally { clearInterval(timer) }
}

/**
 * When the rules would have fired and what they would have done.
 * @param {HTMLElement} place
 * @param {{ rules: string, days: number, compare?: string }} request
 * @param {AbortSignal} signal ends with the view
 */
export async function showReplay(place, { rules, days, compare }, signal) {
  const until = Date.now() / 1000
  const since = until - days * 86_400
  const answer = await withProgress(place, t('trial.asking', { count: days }), () => ask('replay_rules', { rules, since, until, compare }), signal)
  if (!answer || signal.aborted) return
  /** @type {Line[]} */
  const lines = answer.lines
  const firings = lines.filter((each) => each.outcome)
  const sums = lines.filter((each) => each.summary)
  const notes = lines.filter((each) => !each.outcome && !each.summary)
  const text = compare === undefined ? t('trial.fired', { count: firings.length }) : firings.length ? t('trial.differs', { count: firings.length }) : t('trial.same')
  const graph = h('div', { class: 'trial-graph' })
  replace(place, h('p', { role: 'status', tabindex: -1 }, h('b', null, text)), sums.length > 0 && h('ul', null, sums.map(sumLine)),
    notes.map((each) => h('p', { class: 'quiet' }, own(each.note ?? each.text ?? JSON.stringify(each)))), graph, firingList(firings, compare !== undefined))
  // As many marks as can be told apart, over all of the time.
  const marked = firings.filter((_, index) => index % Math.ceil(firings.length / mostMarks) === 0)
  const read = [...new Set(marked.flatMap((each) => [each.occasion?.key, ...each.keys]))].filter((each) => keys.has(each)).slice(0, 4)
  if (read.length) await drawGraph(graph, { keys: read, since, until, marks: marked.map((each) => ({ time: each.started, text: each.rule })) }, signal)
  else graph.remove()
}

/** @param {Line} each */
function sumLine(each) {
  return h('li', null, own(each.summary), ': ', t('trial.runs', { count: each.runs }), each.failed > 0 && [', ', t('trial.failed', { count: each.failed })],
    each.refused > 0 && [', ', t('trial.refused', { count: each.refused }), each.reason && [' (', reasonWords({ outcome: 'skipped', reason: each.reason }), ')']])
}

/** @param {Line[]} firings @param {boolean} isCompared */
function firingList(firings, isCompared) {
  const list = h('ol', { class: 'bare firings', onkeydown: walk })
  const more = h('button', { class: 'plain', onclick: () => add() }, t('action.more'))
  let count = 0
  let day = ''
  const add = () => {
    for (const each of firings.slice(count, count + atOnce)) {
      const own = date(each.started, { weekday: 'long', day: 'numeric', month: 'long' })
      if (own !== day) list.append(h('li', { class: 'day' }, day = own))
      list.append(h('li', null, fold([h('span', { class: 'number when' }, date(each.started, { hour: '2-digit', minute: '2-digit', second: '2-digit' })),
        isCompared && h('span', { class: `tag ${each.is === 'new' ? 'is-good' : 'is-bad'}` }, t(`trial.${each.is}`)), icon(recordIcon(each)), unlinked(recordWords(each))], () => recordChain(each))))
    }
    count += atOnce
    more.hidden = count >= firings.length
  }
  add()
  return [list, more]
}

/**
 * The graph of another area, where it is there.
 * @param {HTMLElement} place @param {any} options @param {AbortSignal} signal
 */
async function drawGraph(place, options, signal) {
  const module = '../graph/graph.js'
  try {
    const { graph } = await import(module)
    if (!signal.aborted) await graph(place, options, signal)
  } catch { place.remove() }
}

/**
 * The tests, and what they found.
 * @param {HTMLElement} place @param {{ rules: string, tests: string }} request @param {AbortSignal} signal
 */
export async function showTests(place, request, signal) {
  const answer = await withProgress(place, t('tests.asking'), () => ask('test_rules', request), signal)
  if (!answer || signal.aborted) return
  const tests = answer.files.flatMap((/** @type {any} */ file) => file.tests)
  const findings = answer.files.flatMap((/** @type {any} */ file) => file.findings ?? [])
  replace(place, h('p', { role: 'status' }, icon(answer.failed || findings.length ? 'error' : 'ok'), ' ', h('b', null, [t('tests.passed', { count: answer.passed }), answer.failed && t('tests.failed', { count: answer.failed })].filter(Boolean).join(', '))),
    findings.length > 0 && h('ul', { class: 'bare findings' }, findings.map((/** @type {any} */ each) => h('li', { class: `is-${each.severity}` }, t('check.place', { line: each.line, column: each.column }), ' (', own(each.file), ') ', own(each.message), each.remedy && [' – ', own(each.remedy)]))),
    h('ul', { class: 'bare' }, tests.map((/** @type {any} */ each) => h('li', { class: 'test' }, icon(each.passed ? 'ok' : 'error', t(each.passed ? 'tests.ok' : 'tests.bad')), h('div', null, own(each.name),
      each.failures.map((/** @type {any} */ failure) => h('p', { class: 'field-error' }, t('check.place', failure), ': ', own(failure.message))),
      each.log && h('details', null, h('summary', null, t('tests.log')), h('pre', { class: 'scroll', tabindex: 0 }, Array.isArray(each.log) ? each.log.join('\n') : each.log)))))))
}

