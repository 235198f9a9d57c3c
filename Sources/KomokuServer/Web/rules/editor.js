// Rules are written: checked as one types, tried on the past, compared, tested, and saved.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { confirm, notify } from '../base/notice.js'
import { connection } from '../hub/connection.js'
import { followRuns } from './following.js'
import { go } from '../base/router.js'
import { Area } from './area.js'
import { Checking } from './checking.js'
import { Completion } from './completion.js'
import { differenceView } from './difference.js'
import { showExamples } from './examples.js'
import { askConflict, save, showVersions } from './saving.js'
import { draftOf, empty, fileSource, keepDraft, keepTests, loadSource } from './source.js'
import { showReplay, showTests } from './trial.js'
import { own } from './sentences.js'

/** @typedef {import('./source.js').Source} Source */
/** @typedef {import('../base/router.js').Place} Place */

const tests = 'tests:\n  - name: \n    given: {}\n    steps:\n      - put: {}\n      - expect: {keys: {}}\n'

/** @param {HTMLElement} main @param {Place} place */
export async function show(main, place) {
  place.title(t('editor.title'))
  const source = await loadSource(place.query)
  if (place.signal.aborted) return
  const editor = new Editor(main, place, source)
  editor.begin(place.query)
}

/**
 * What the hub takes as the name of a file.
 * @param {string} text
 */
function fileName(text) {
  const name = text.trim().replace(/\.ya?ml$/i, '').toLowerCase().replace(/[^a-z0-9_-]+/g, '-').slice(0, 64)
  return name && `${name}.yaml`
}

class Editor {
  /** @param {HTMLElement} main @param {Place} place @param {Source} source */
  constructor(main, place, source) {
    this.source = source
    this.signal = place.signal
    /** What the tests of an example have beside its rules: keys, a place. */
    this.setup = ''
    this.savedTests = source.tests || tests
    this.area = new Area({ label: t('editor.text'), describedBy: 'area-keys', onchange: () => this.#changed() }, this.signal)
    this.tests = new Area({ label: t('editor.tests'), describedBy: 'area-keys', onchange: () => { this.#keep(); this.#tell() } }, this.signal)
    this.completion = new Completion(this.area)
    this.checking = new Checking(this.area, this.signal, () => this.source.isEditable ? this.source.file ?? (fileName(this.file.value) || 'new-rules.yaml') : null)
    this.notice = h('div')
    this.state = h('span', { class: 'quiet', role: 'status' })
    this.file = h('input', { 'aria-label': t('save.file'), placeholder: 'name.yaml', value: source.file ?? '', disabled: !source.isEditable, readonly: !!source.file, autocomplete: 'off', spellcheck: 'false' })
    this.saveButton = h('button', { disabled: !source.isEditable, 'aria-keyshortcuts': 'Control+S', onclick: () => this.save() }, t('action.save'))
    this.removeButton = h('button', { class: 'plain', hidden: !source.file || !!source.isGone, onclick: () => this.remove() }, icon('close'), t('action.delete'))
    this.panel = h('section', { class: 'panel', 'aria-live': 'off' })
    main.append(h('h1', null, t('editor.title')), ...this.#layout())
    this.#listen(main)
  }

  #layout() {
    const { source } = this
    const days = h('select', { 'aria-label': t('trial.range') }, [1, 7, 30].map((each) => h('option', { value: each, selected: each === 30 }, t('trial.days', { count: each }))))
    /** @param {string} text @param {string} sign @param {() => void} work */
    const button = (text, sign, work) => h('button', { class: 'plain', onclick: work }, icon(sign), t(text))
    return [source.about && h('p', { class: 'quiet' }, own(source.about)), source.closed && h('p', { class: 'quiet' }, own(source.closed)), this.notice,
      h('div', { class: 'row tools' }, button('examples.title', 'plus', () => this.examples()), this.file, this.saveButton, this.state),
      this.area.element, h('p', { class: 'small quiet', id: 'area-keys' }, t('editor.keys')), this.checking.element,
      h('div', { class: 'row tools' }, h('span', { class: 'row' }, button('trial.try', 'play', () => this.#open('trial.title', (view) => showReplay(view, { rules: this.area.text, days: Number(days.value) }, this.signal))), days),
        button('difference.title', 'edit', () => this.differs(Number(days.value))), button('tests.title', 'ok', () => this.openTests()),
        source.file && button('versions.title', 'undo', () => this.openVersions()), this.removeButton),
      this.panel].filter(Boolean)
  }

  /** @param {HTMLElement} main */
  #listen(main) {
    main.addEventListener('keydown', (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') { event.preventDefault(); if (this.source.isEditable) this.save() }
    })
    const options = { signal: this.signal }
    followRuns(() => {}, this.signal)
    connection.pushed.listen((message) => { if (message.rule_file?.file === this.source.file) this.#savedElsewhere(message.rule_file.revision) }, this.signal)
    addEventListener('beforeunload', (event) => { this.#keep(true); if (this.isChanged) event.preventDefault() }, options)
    // Another view of the page: the text is kept, but whoever leaves should know.
    document.addEventListener('click', async (event) => {
      const way = event.target instanceof Element ? event.target.closest('a[href^="#/"]') : null
      if (!way || !this.isChanged || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      this.#keep(true)
      if (await confirm(t('editor.leave'), t('editor.leave.yes'))) location.hash = way.getAttribute('href') ?? '#/'
    }, { ...options, capture: true })
    addEventListener('hashchange', () => this.#keep(true), { ...options, capture: true })
  }

  get isTextChanged() { return this.area.text !== this.source.text && this.area.text.trim() !== '' }

  get areTestsChanged() { return this.tests.text !== this.savedTests }

  get isChanged() { return this.isTextChanged || this.areTestsChanged }

  /** @param {URLSearchParams} query */
  begin(query) {
    const { source } = this
    const draft = draftOf(source.id)
    this.area.set(draft?.text ?? (source.text || (query.has('example') || source.isGone ? '' : empty)))
    if (!source.text && !draft) source.text = this.area.text
    this.tests.set(draft?.tests || this.savedTests)
    if (draft) {
      if (draft.file && !source.file) this.file.value = draft.file
      // It was made of another text than the one that is saved by now: the hub is to notice.
      if (draft.revision !== undefined) source.revision = draft.revision
      notify(t('editor.kept'), { action: t('editor.discard'), onaction: () => {
        this.area.rewrite(source.text)
        this.tests.set(this.savedTests)
        this.#keep(true)
        this.#tell()
      } })
    }
    this.#tell()
    if (this.area.text !== empty) this.checking.soon()
    if (source.isGone) this.#showGone()
    if (source.line && !draft) requestAnimationFrame(() => this.area.goTo(source.line ?? 1))
    if (query.has('example')) this.examples(query.get('example') ?? '')
  }

  #changed() {
    this.checking.soon()
    this.#keep()
    this.#tell()
  }

  #tell() { const text = this.isChanged ? t('save.unsaved') : ''; if (this.state.textContent !== text) this.state.textContent = text }

  /** @type {number | undefined} */
  #timer
  /** @param {boolean} [isNow] */
  #keep(isNow) {
    clearTimeout(this.#timer)
    const work = () => keepDraft(this.source.id, this.isChanged
      ? { text: this.area.text, tests: this.tests.text, file: this.file.value, revision: this.source.revision } : null)
    if (isNow) work()
    else this.#timer = setTimeout(work, 200)
  }

  /** @param {string} title @param {(view: HTMLElement) => any} fill */
  async #open(title, fill) {
    const view = h('div')
    const heading = h('h2', { tabindex: -1 }, t(title))
    replace(this.panel, h('div', { class: 'row is-apart' }, heading, h('button', { class: 'bare', 'aria-label': t('action.close'), onclick: () => { replace(this.panel); this.area.input.focus() } }, icon('close'))), view)
    heading.focus()
    await fill(view)
  }

  examples(wanted = '') {
    this.#open('examples.title', (view) => showExamples(view, (text, tests, setup) => {
      replace(this.panel)
      this.area.rewrite(text)
      if (tests.trim()) this.tests.set(tests)
      this.setup = setup
    }, wanted))
  }

  /** @param {number} days */
  differs(days) {
    this.#open('difference.title', (view) => {
      const replay = h('div')
      replace(view, differenceView(this.source.text, this.area.text), this.source.text !== this.area.text && h('button', { class: 'plain', onclick: () => showReplay(replay, { rules: this.area.text, days, compare: this.source.text }, this.signal) }, icon('play'), t('trial.compare', { count: days })), replay)
    })
  }

  openTests() {
    this.#open('tests.title', (view) => {
      const results = h('div')
      const place = t(this.source.isEditable ? 'tests.kept' : 'tests.tab')
      replace(view, h('p', { class: 'quiet' }, t('tests.about'), ' ', place), this.tests.element,
        h('button', { onclick: () => showTests(results, { rules: this.area.text + this.setup, tests: this.tests.text }, this.signal) }, icon('play'), t('tests.run')), results)
    })
  }

  openVersions() {
    const { file } = this.source
    if (file) this.#open('versions.title', (view) => showVersions(view, file, () => this.area.text, (text) => this.area.rewrite(text)))
  }

  /** The file is not there: what it was before can be taken back. */
  #showGone() {
    replace(this.notice, h('p', { role: 'status' }, icon('warning'), ' ', t('source.gone', { file: this.source.file ?? '' })))
    this.openVersions()
  }

  /** @param {any} [revision] what it is saved over */
  async save(revision = this.source.revision) {
    const file = this.#fileName()
    if (!file) return
    const { text } = this.area
    this.saveButton.disabled = true
    // Where nothing but the tests is another, there is no new version of the file.
    const isSame = this.source.file && !this.source.isGone && text === this.source.text && revision === this.source.revision
    const answer = isSame && this.areTestsChanged ? { revision } : await save({ file, text, revision })
    if (answer.revision !== undefined) await this.#saveTests(file)
    this.saveButton.disabled = false
    if (this.signal.aborted) return
    if (answer.revision !== undefined) return this.#saved(file, text, answer.revision)
    if (answer.isConflict) return this.#conflict(file)
    if (answer.findings) this.checking.show(answer.findings)
    notify(t('save.not', { reason: answer.reason ?? '' }), { kind: 'error' })
  }

  /** @param {string} file */
  async #saveTests(file) {
    const { text } = this.tests
    if (!this.areTestsChanged) return
    try {
      await keepTests(file, text)
      this.savedTests = text
    } catch (error) { notify(t('tests.not', { reason: error.message }), { kind: 'error' }) }
  }

  /** The file and its rules; its versions stay, and its tests. */
  async remove() {
    const { file, revision, id } = this.source
    if (!file || !await confirm(t('save.delete', { file }), t('action.delete'))) return
    const answer = await save({ file, text: null, revision })
    if (answer.isConflict) return this.#conflict(file)
    if (answer.reason) { this.checking.show(answer.findings ?? []); return notify(t('save.not', answer), { kind: 'error' }) }
    this.area.set(this.source.text)
    this.tests.set(this.savedTests)
    keepDraft(id, null)
    go('/rules')
    notify(t('save.deleted', { file }), { action: t('save.bring_back'), onaction: () => go('/editor', { file }) })
  }

  #fileName() {
    const file = this.source.file ?? fileName(this.file.value)
    if (!file) { this.file.setAttribute('aria-invalid', 'true'); this.file.focus(); notify(t('save.name'), { kind: 'error' }); return null }
    this.file.value = file
    return file
  }

  /** @param {string} file @param {string} text @param {any} revision */
  #saved(file, text, revision) {
    keepDraft(this.source.id, null)
    replace(this.notice)
    const isNew = this.source.file !== file
    Object.assign(this.source, { text, revision, file, id: `file ${file}`, isGone: false })
    this.removeButton.hidden = false
    this.file.readOnly = true
    notify(t('save.done', { file }))
    this.#keep(true)
    this.#tell()
    // Tests that could not be kept are not to be lost by it.
    if (isNew && !this.isChanged) go('/editor', { file })
  }

  /**
   * Somebody saves while this one writes: he knows before he saves himself.
   * @param {any} revision
   */
  async #savedElsewhere(revision) {
    if (this.saveButton.disabled || revision === this.source.revision || revision === null) return
    if (this.isTextChanged) return replace(this.notice, h('p', { role: 'status', class: 'field-error' }, icon('warning'), ' ', t('conflict.soon')))
    const saved = await fileSource(this.source.file ?? '')
    if (this.isTextChanged || this.signal.aborted) return
    Object.assign(this.source, saved)
    this.area.set(saved.text)
    if (!this.areTestsChanged) this.tests.set(this.savedTests = saved.tests || tests)
    this.checking.soon()
  }

  /** @param {string} file */
  async #conflict(file) {
    const saved = await fileSource(file)
    const choice = await askConflict(this.notice, this.area.text, saved)
    if (choice === 'theirs') { Object.assign(this.source, saved); this.area.rewrite(saved.text); this.#keep(true); this.#tell() }
    if (choice === 'mine') this.save(saved.revision)
    else this.area.input.focus()
  }
}

