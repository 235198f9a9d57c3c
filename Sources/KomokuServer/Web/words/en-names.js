/** @type {import('../base/words.js').Table} */
export default {
  'device.unnamed': 'Device without a name',
  'prop.fan_state': 'Fan',
  'prop.temperature': 'Temperature', 'prop.humidity': 'Humidity', 'prop.occupancy': 'Motion', 'prop.motion': 'Motion', 'prop.presence': 'Presence', 'prop.contact': 'Contact', 'prop.illuminance': 'Light level',
  'prop.battery': 'Battery', 'prop.low_battery': 'Battery', 'prop.voltage': 'Voltage', 'prop.linkquality': 'Signal', 'prop.online': 'Connection', 'prop.brightness': 'Brightness', 'prop.color_temp': 'White tone', 'prop.color': 'Colour', 'prop.hue': 'Colour',
  'prop.x': 'Colour', 'prop.position': 'Position', 'prop.tilt': 'Tilt', 'prop.setpoint': 'Target', 'prop.target': 'Target', 'prop.system_mode': 'Mode', 'prop.mode': 'Mode', 'prop.preset': 'Programme', 'prop.running_state': 'Heating now',
  'prop.pi_heating_demand': 'Heating demand', 'prop.child_lock': 'Child lock', 'prop.action': 'Last press', 'prop.energy': 'Energy', 'prop.power': 'Power', 'prop.current': 'Current', 'prop.effect': 'Effect', 'prop.moisture': 'Water', 'prop.smoke': 'Smoke',
  'prop.percentage': 'Speed', 'prop.fan_speed': 'Speed', 'prop.fan_mode': 'Speed', 'prop.co2': 'CO₂', 'prop.pressure': 'Air pressure', 'prop.window': 'Window', 'prop.opening': 'Opening', 'prop.lock_state': 'Lock', 'prop.total': 'Total', 'prop.today': 'Today',
  'prop.yesterday': 'Yesterday', 'prop.power_on_behavior': 'After a power cut', 'prop.power_outage_memory': 'After a power cut', 'prop.color_temp_startup': 'White tone at start', 'prop.rssi': 'Signal', 'prop.vibration': 'Vibration', 'prop.tamper': 'Tampering',
  'prop.permit_join': 'Pairing', 'prop.restart_required': 'Restart needed', 'prop.version': 'Version', 'prop.dew_point': 'Dew point', 'prop.white': 'White',
  'side.left': 'Left', 'side.right': 'Right', 'side.center': 'Centre', 'side.top': 'Top', 'side.bottom': 'Bottom',
  'helper.ends': '{name}: ends', 'word.running': 'running', 'word.paused': 'paused', 'word.finished': 'finished', 'word.home': 'at home', 'word.away': 'away', 'word.open': 'open', 'word.close': 'closed', 'word.closed': 'closed', 'word.stop': 'stopped', 'word.on': 'on', 'word.off': 'off', 'word.heat': 'heat', 'word.cool': 'cool', 'word.auto': 'auto', 'word.idle': 'idle',
  'word.single': 'pressed once', 'word.double': 'pressed twice', 'word.hold': 'held', 'word.release': 'released', 'word.unlock': 'unlocked', 'word.lock': 'locked',
}
