/** @type {import('../base/words.js').Table} */
export default {
}
