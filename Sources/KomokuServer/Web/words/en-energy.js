/** @type {import('../base/words.js').Table} */
export default {
  'energy.today': 'Today', 'energy.used': 'Used', 'energy.grid_in': 'From the grid', 'energy.grid_out': 'Fed in', 'energy.solar': 'Solar',
  'energy.battery_in': 'Into the battery', 'energy.battery_out': 'From the battery', 'energy.own': 'Self-sufficient', 'energy.cost': 'Cost',
    'energy.earned': 'Earned',
  'energy.period': 'Period', 'energy.by_hour': 'Hours', 'energy.by_day': 'Days', 'energy.by_week': 'Weeks', 'energy.by_month': 'Months',
    'energy.by_year': 'Years',
  'energy.hour': 'Hour', 'energy.missing': '* For a part of it nothing was known; what was counted meanwhile is in the next one.',
    'energy.day': 'Day', 'energy.week': 'Week', 'energy.month': 'Month', 'energy.year': 'Year', 'energy.back': 'The time before',
    'energy.on': 'The time after', 'energy.now': 'Now',
  'energy.compare': 'Compare with the time before', 'energy.before': 'Before', 'energy.nothing': 'nothing is known',
    'energy.electricity': 'Electricity', 'energy.table': 'The same as a table',
  'energy.total': 'Total', 'energy.together': 'together', 'energy.devices': 'Where it went', 'energy.unaccounted': 'Not accounted for',
  'energy.hidden': 'There are no meters that you may see.', 'energy.empty': 'The hub does not know yet which keys are meters. Write into its configuration which is which; keys are names of your own:',
  'energy.then': 'Then have the hub read its configuration again (System, Configuration). What the meters have counted so far is there at once.',
  'energy.copy': 'Copy', 'energy.copied': 'Copied.',
    'energy.not_copied': 'This browser does not let the page copy: select the text instead.',
}
