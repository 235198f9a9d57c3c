// Where the text of the editor comes from and goes to: a file of the folder that the configuration opens, a rule, an example, nothing.
// What is not saved is kept by the tab until it is.

import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { changeDocument, loadDocument } from '../hub/documents.js'
import { session } from '../hub/api.js'

/**
 * @typedef {object} Source
 * @property {string} id of what is kept
 * @property {string} text as it is saved
 * @property {string | null} file where it is saved; null: it has no place yet
 * @property {any} revision
 * @property {boolean} isEditable whether the page may write there
 * @property {string} [about] where it comes from and why it cannot be saved
 * @property {string} [closed] why nothing can be saved at all
 * @property {number} [line] where the rule stands
 * @property {string} [tests] those that are kept with the file
 * @property {boolean} [isGone] there is no such file; what it was before may be known
 */

export const empty = 'rules:\n  - name: \n    when: {change: }\n    then:\n      - put: {}\n'
const prefix = 'komoku.editor.'

/** The folder that the configuration opens. */
export async function loadFiles() {
  try { return await ask('rule_files') } catch (error) {
    if (error.code === 'unreachable') throw error
    // An older hub has no such folder; another says who may write there.
    return { editable: false, files: [], reason: error.code === 'invalid_query' ? undefined : session?.admin ? error.message : t('save.admins') }
  }
}

/**
 * @param {URLSearchParams} query
 * @returns {Promise<Source>}
 */
export async function loadSource(query) {
  const [file, rule] = [query.get('file'), query.get('rule')]
  if (file) return { ...await fileSource(file), line: Number(query.get('line')) || undefined }
  const { editable, reason } = await loadFiles()
  // An empty revision says that there is no such file yet.
  const fresh = { id: 'new', text: '', file: null, revision: '', isEditable: !!editable, closed: editable ? '' : reason ?? t('save.closed') }
  if (!rule) return fresh
  try {
    const found = await ask('rule_text', { rule })
    if (found.editable) return { ...await fileSource(found.file), line: found.line }
    const { rules } = await ask('rules', { rule })
    const text = `${rules[0]?.script ? 'scripts' : 'rules'}:\n${found.text}`
    return { ...fresh, id: `rule ${rule}`, text, isEditable: false, about: t('source.elsewhere', { file: found.file, line: found.line }) }
  } catch (error) {
    if (error.code === 'unreachable') throw error
    return { ...fresh, id: `rule ${rule}`, isEditable: false, about: t('source.unknown', { rule }) }
  }
}

/** @param {string} file @returns {Promise<Source>} */
export async function fileSource(file) {
  const [saved, tests] = await Promise.all([savedFile(file), loadTests(file)])
  return { id: `file ${file}`, file, isEditable: true, tests, ...saved }
}

/**
 * A file that was deleted is an empty one that is not there yet: whoever saves it brings it back.
 * @param {string} file
 */
async function savedFile(file) {
  try {
    const { text, revision } = await ask('rule_file', { file })
    return { text, revision }
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'not_found') throw error
    return { text: '', revision: '', isGone: true }
  }
}

/**
 * The document of the hub with the tests of a file: the folder itself has none.
 * @param {string} file
 */
const testsName = (file) => `tests-${file.replace(/\.yaml$/, '').slice(0, 58)}`

/**
 * The tests that are kept with a file.
 * @param {string} file
 * @returns {Promise<string>} empty: there are none
 */
const loadTests = async (file) => (await loadDocument(testsName(file), {}, true))[file] ?? ''

/** @param {string} file @param {string} tests */
export const keepTests = (file, tests) => changeDocument(testsName(file), {}, (content) => ({ ...content, [file]: tests }), true)

/**
 * What is kept of a text that was not saved.
 * @param {string} id
 * @returns {{ text: string, tests: string, file: string | null, revision: any } | null}
 */
export function draftOf(id) {
  try { return JSON.parse(sessionStorage.getItem(prefix + id) ?? 'null') } catch { return null }
}

/**
 * @param {string} id
 * @param {object | null} draft null forgets it
 */
export function keepDraft(id, draft) {
  try {
    if (draft) sessionStorage.setItem(prefix + id, JSON.stringify(draft))
    else sessionStorage.removeItem(prefix + id)
  } catch { /* A full or private window keeps nothing; leaving asks all the same. */ }
}
