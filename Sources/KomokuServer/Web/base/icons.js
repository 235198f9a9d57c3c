// Drawn with one line of 24 by 24, in the colour of the text around.

import { s } from './dom.js'

/** @type {Record<string, string>} */
const paths = {
  house: 'M3 11.5 12 4l9 7.5M5.5 10v10h13V10M10 20v-6h4v6',
  activity: 'M3 12h4l3-8 4 16 3-8h4',
  graph: 'M4 4v16h16M7 15l4-5 3 3 5-7',
  energy: 'M13 3 5 14h6l-1 7 8-11h-6z',
  rules: 'M6 4v10a4 4 0 0 0 4 4h8M14 14l4 4-4 4M6 8h6',
  devices: 'M7 3h10a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
  system: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3m0 12v3M3 12h3m12 0h3M5.6 5.6l2.1 2.1m8.6 8.6 2.1 2.1m0-12.8-2.1 2.1m-8.6 8.6-2.1 2.1',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5',
  star: 'm12 4 2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7 1-5.6-4.1-4 5.6-.8z',
  lamp: 'M9 18h6m-5 3h4M12 3a6 6 0 0 0-3.5 10.9c.6.5 1 1.2 1 2.1h5c0-.9.4-1.6 1-2.1A6 6 0 0 0 12 3z',
  switch: 'M12 3v8M7.5 6.3a8 8 0 1 0 9 0',
  door: 'M6 21V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v17M4 21h16M14.5 12v1',
  window: 'M5 4h14v16H5zM12 4v16M5 12h14',
  motion: 'M13 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM8 21l2.5-6L8.5 12l1-5 4 2 2 3h3M10.5 15l3 2 .5 4M9.5 7 7 9v3',
  drop: 'M12 3.5c3.5 4 6 6.800 6 10a6 6 0 0 1-12 0c0-3.200 2.500-6 6-10z',
  flame: 'M12 3c1 4 5 5.500 5 10.500A5 5 0 0 1 7 14c0-2 1-3.500 2-4.500.2 1.500.8 2.200 1.800 2.500C10.500 9 11 6 12 3z',
  thermometer: 'M12 3a2 2 0 0 0-2 2v9a4 4 0 1 0 4 0V5a2 2 0 0 0-2-2z',
  humidity: 'M8 4c2 2.500 3.500 4 3.500 6a3.500 3.500 0 0 1-7 0C4.500 8 6 6.500 8 4zM16.500 11c1.500 2 2.500 3 2.500 4.500a2.500 2.500 0 0 1-5 0c0-1.500 1-2.500 2.500-4.500z',
  battery: 'M4 8h14v8H4zM18 11h2v2h-2M7 11v2m3-2v2',
  cover: 'M4 4h16M6 4v12h12V4M6 8h12M6 12h12M12 16v4',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  climate: 'M12 3v18M4 7.500l16 9M20 7.500l-16 9',
  fan: 'M12 12c0-4 0-8 3-8s3 5-3 8zm0 0c4 0 8 0 8 3s-5 3-8-3zm0 0c0 4 0 8-3 8s-3-5 3-8zm0 0c-4 0-8 0-8-3s5-3 8 3z',
  button: 'M5 8h14v8H5zM12 12h.01',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c0-3.500 3-6 7-6s7 2.500 7 6',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  calendar: 'M5 6h14v14H5zM5 10h14M9 4v3m6-3v3',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.500 1.500h-15zM10 21h4',
  warning: 'M12 4 2.500 20h19zM12 10v4m0 3h.01',
  error: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9 9l6 6m0-6-6 6',
  ok: 'm5 12.500 4.500 4.500L19 7.500',
  offline: 'M4 4l16 16M8.500 15.500a5 5 0 0 1 7 0M5.500 12.500A9 9 0 0 1 9 10.300M12 19h.01M18.500 12.500a9 9 0 0 0-4-2.400',
  left: 'm15 5-7 7 7 7', right: 'm9 5 7 7-7 7', up: 'm5 15 7-7 7 7', down: 'm5 9 7 7 7-7',
  close: 'M6 6l12 12M18 6 6 18', plus: 'M12 5v14M5 12h14', minus: 'M5 12h14', edit: 'M4 20l1-4L16 5l3 3L8 19z',
  play: 'M8 5l11 7-11 7z', stop: 'M6 6h12v12H6z', pause: 'M8 5v14m8-14v14', undo: 'M9 7 4 12l5 5M4 12h10a5 5 0 0 1 0 10',
  download: 'M12 4v11m-5-5 5 5 5-5M5 20h14', link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  bed: 'M3 18V7m0 8h18v3m0-3v-2a3 3 0 0 0-3-3h-8v5M6.500 12h.01', sofa: 'M5 11V8a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v3M3 12a2 2 0 0 1 4 0v2h10v-2a2 2 0 0 1 4 0v6H3zM6 18v2m12-2v2',
  pot: 'M5 10h14v7a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3zM3 10h18M9 7V4m6 3V4', bath: 'M3 12h18v2a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5zM6 12V6a2 2 0 0 1 4 0M7 19v2m10-2v2',
  desk: 'M3 9h18M5 9v10m14-10v10M13 9v5h6', car: 'M4 16v-4l2-5h12l2 5v4zM4 12h16M7 16v2m10-2v2', tree: 'M12 21v-6M12 3 6 10h3l-4 5h14l-4-5h3z', stairs: 'M4 20h4v-4h4v-4h4V8h4', roof: 'M3 13 12 5l9 8M7 10v9h10v-9',
  room: 'M4 20V8l8-4 8 4v12zM9 20v-5h6v5', other: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z', dial: 'M5.600 18.400a9 9 0 1 1 12.800 0M12 12l4-3',
}

/**
 * @param {string} name
 * @param {string} [label] what it says where no text beside it does
 * @returns {SVGElement}
 */
export function icon(name, label) {
  return s('svg', { class: 'icon', viewBox: '0 0 24 24', role: label ? 'img' : null, 'aria-label': label, 'aria-hidden': label ? null : 'true' },
    s('path', { d: paths[name] ?? paths.other }))
}

export const iconNames = Object.keys(paths)
