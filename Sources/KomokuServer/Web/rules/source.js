// Where the text of the editor comes from and goes to: a file of the folder that the configuration opens, a rule, an example, nothing.
// What is not saved is kept by the tab until it is.

import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'

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
 */

export const empty = 'rules:\n  - name: \n    when: {change: }\n    then:\n      - put: {}\n'
const prefix = 'komoku.editor.'

/** The folder that the configuration opens. */
export async function loadFiles() {
  try { return await ask('rule_files') } catch (error) {
    if (error.code === 'unreachable') throw error
    // An older hub has no such folder; another says who may write there.
    return { editable: false, files: [], reason: error.code === 'invalid_query' ? undefined : error.message }
  }
}

/**
 * @param {URLSearchParams} query
 * @returns {Promise<Source>}
 */
export async function loadSource(query) {
  const [file, rule] = [query.get('file'), query.get('rule')]
  if (file) return fileSource(file)
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
  const { text, revision } = await ask('rule_file', { file })
  return { id: `file ${file}`, text, file, revision, isEditable: true }
}

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
