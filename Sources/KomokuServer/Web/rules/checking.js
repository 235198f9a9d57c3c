// The hub's own checker, as one types: a moment after the last key, one question at a time. What is found is marked in the text and listed.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { link } from '../base/router.js'
import { t } from '../base/words.js'
import { ask, connection } from '../hub/connection.js'
import { endOfWord, indexOf } from './area.js'

/** @typedef {import('./area.js').Finding} Finding */

const pause = 400
export const mostBytes = 256 << 10

export class Checking {
  /**
   * @param {import('./area.js').Area} area
   * @param {AbortSignal} signal
   * @param {() => string | null} file the file of the folder that it is: it is checked among the others
   */
  constructor(area, signal, file) {
    this.file = file
    this.area = area
    this.signal = signal
    this.isAsking = false
    this.isAgain = false
    /** @type {number | undefined} */
    this.timer = undefined
    this.summary = h('p', { class: 'row summary', role: 'status' })
    this.list = h('ul', { class: 'bare findings' })
    this.element = h('section', { 'aria-label': t('check.label') }, this.summary, this.list)
    signal.addEventListener('abort', () => clearTimeout(this.timer), { once: true })
    connection.changed.listen((state) => { if (state === 'open') this.soon() }, signal)
  }

  soon(wait = pause) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.check(), wait)
  }

  async check() {
    if (this.signal.aborted) return
    if (this.isAsking) { this.isAgain = true; return }
    const { text } = this.area
    if (!text.trim()) return this.show([], '')
    if (new TextEncoder().encode(text).length > mostBytes) return this.show([], t('check.large'))
    this.isAsking = true
    const slow = setTimeout(() => this.tell(t('check.asking'), ''), 700)
    try {
      const findings = await this.#ask(text)
      // What is shown belongs to the text that is there.
      if (text === this.area.text) this.show(findings)
    } catch (error) {
      if (text === this.area.text) this.show([], connection.state === 'open' ? t('check.failed', { reason: error.message }) : t('check.away'))
      // Others try their rules: it is one's turn later.
      if (error.code === 'busy') this.soon(5000)
    } finally {
      clearTimeout(slow)
      this.isAsking = false
      if (this.isAgain || text !== this.area.text) { this.isAgain = false; this.soon() }
    }
  }

  /**
   * @param {string} text
   * @returns {Promise<Finding[]>}
   */
  async #ask(text) {
    const file = this.file()
    if (file) {
      try {
        const { findings = [] } = await ask('save_rule_file', { file, text, dry_run: true })
        // Warnings of other files are theirs; an error in one of them lets nothing be saved.
        return findings.filter((/** @type {any} */ each) => !each.file || each.file === file || each.severity === 'error')
      } catch (error) { if (error.code === 'unreachable' || error.code === 'busy') throw error }
    }
    return (await ask('check_rules', { rules: text })).findings
  }

  /** @param {string} text @param {string} sign */
  tell(text, sign) {
    if (this.summary.textContent === text) return
    replace(this.summary, sign && icon(sign), h('span', null, text))
  }

  /** @param {Finding[]} findings @param {string} [trouble] why nothing was found */
  show(findings, trouble) {
    const errors = findings.filter((each) => each.severity === 'error').length
    const warnings = findings.length - errors
    const [own, others] = [findings.filter((each) => !this.#isOther(each)), findings.filter((each) => this.#isOther(each))]
    this.area.mark(own)
    this.area.input.setAttribute('aria-invalid', String(own.some((each) => each.severity === 'error')))
    this.tell(trouble ?? (findings.length ? [errors && t('check.errors', { count: errors }), warnings && t('check.warnings', { count: warnings })].filter(Boolean).join(', ') : t('check.fine')),
      trouble === undefined ? errors ? 'error' : warnings ? 'warning' : 'ok' : '')
    replace(this.list, own.slice(0, 100).map((each) => this.#item(each)),
      others.length > 0 && h('li', { class: 'elsewhere' }, t('check.elsewhere')), others.slice(0, 100).map((each) => this.#otherItem(each)))
  }

  /** @param {any} finding whether it is of another file than this one */
  #isOther({ file }) { return !!file && this.file() !== null && file !== this.file() && file.includes('.yaml') }

  /** @param {any} each */
  #otherItem(each) {
    const place = `${each.file}, ${t('check.place', { line: each.line, column: each.column })}`
    const isHere = /^[a-z0-9_-]+\.yaml$/.test(each.file)
    return h('li', { class: `is-${each.severity}` }, icon(each.severity === 'error' ? 'error' : 'warning', t(`check.${each.severity}`)),
      isHere ? h('a', { href: link('/editor', { file: each.file, line: each.line }) }, place) : h('bdi', null, place),
      h('span', null, h('bdi', null, each.message), each.remedy && h('span', { class: 'quiet' }, ' – ', h('bdi', null, each.remedy))))
  }

  /** @param {Finding} each */
  #item(each) {
    const better = /did you mean ['`]?([^'`?]+)['`]?\?/.exec(each.remedy ?? '')?.[1]
    return h('li', { class: `is-${each.severity}` }, icon(each.severity === 'error' ? 'error' : 'warning', t(`check.${each.severity}`)),
      h('button', { class: 'bare place', onclick: () => this.area.goTo(each.line, each.column) }, t('check.place', { line: each.line, column: each.column })),
      h('span', null, h('bdi', null, each.message), each.remedy && h('span', { class: 'quiet' }, ' – ', h('bdi', null, each.remedy))),
      better && h('button', { class: 'plain', onclick: () => this.#mend(each, better) }, t('check.mend', { text: better })))
  }

  /**
   * Writes what was probably meant.
   * @param {Finding} finding
   * @param {string} better
   */
  #mend({ line, column }, better) {
    this.area.goTo(line, column)
    const { input, lines } = this.area
    const text = lines[line - 1] ?? ''
    const start = indexOf(text, column)
    const end = endOfWord(text, start)
    const quote = /^['"]/.exec(text.slice(start))?.[0] ?? ''
    input.setSelectionRange(input.selectionStart, input.selectionStart + end - start)
    this.area.write(quote + better + quote)
  }
}

