extension RuleExamples {
    /// The files of `config/examples`, which are in the program.
    static let library: [(name: String, text: String, tests: String?)] = [
        ("arrival", text(PackageResources.arrival_yaml), text(PackageResources.arrival_test_yaml)),
        ("bathroom-fan", text(PackageResources.bathroom_fan_yaml), text(PackageResources.bathroom_fan_test_yaml)),
        ("battery-digest", text(PackageResources.battery_digest_yaml), text(PackageResources.battery_digest_test_yaml)),
        ("button-presses", text(PackageResources.button_presses_yaml), text(PackageResources.button_presses_test_yaml)),
        ("button-scenes", text(PackageResources.button_scenes_yaml), text(PackageResources.button_scenes_test_yaml)),
        ("doorbell", text(PackageResources.doorbell_yaml), text(PackageResources.doorbell_test_yaml)),
        ("energy-report", text(PackageResources.energy_report_yaml), text(PackageResources.energy_report_test_yaml)),
        ("evacuation", text(PackageResources.evacuation_yaml), text(PackageResources.evacuation_test_yaml)),
        ("freezer-door", text(PackageResources.freezer_door_yaml), text(PackageResources.freezer_door_test_yaml)),
        ("freezer-warm", text(PackageResources.freezer_warm_yaml), text(PackageResources.freezer_warm_test_yaml)),
        ("garage-door", text(PackageResources.garage_door_yaml), text(PackageResources.garage_door_test_yaml)),
        (
            "garage-reminder", text(PackageResources.garage_reminder_yaml),
            text(PackageResources.garage_reminder_test_yaml)
        ),
        ("ha-acknowledge", text(PackageResources.ha_acknowledge_yaml), text(PackageResources.ha_acknowledge_test_yaml)),
        ("ha-battery-low", text(PackageResources.ha_battery_low_yaml), text(PackageResources.ha_battery_low_test_yaml)),
        ("ha-bins", text(PackageResources.ha_bins_yaml), text(PackageResources.ha_bins_test_yaml)),
        ("ha-blinds", text(PackageResources.ha_blinds_yaml), text(PackageResources.ha_blinds_test_yaml)),
        ("ha-button", text(PackageResources.ha_button_yaml), text(PackageResources.ha_button_test_yaml)),
        ("ha-energy", text(PackageResources.ha_energy_yaml), text(PackageResources.ha_energy_test_yaml)),
        ("ha-garage", text(PackageResources.ha_garage_yaml), text(PackageResources.ha_garage_test_yaml)),
        ("ha-http", text(PackageResources.ha_http_yaml), text(PackageResources.ha_http_test_yaml)),
        ("ha-leak", text(PackageResources.ha_leak_yaml), text(PackageResources.ha_leak_test_yaml)),
        (
            "ha-motion-light", text(PackageResources.ha_motion_light_yaml),
            text(PackageResources.ha_motion_light_test_yaml)
        ),
        ("ha-power-limit", text(PackageResources.ha_power_limit_yaml), text(PackageResources.ha_power_limit_test_yaml)),
        ("ha-presence", text(PackageResources.ha_presence_yaml), text(PackageResources.ha_presence_test_yaml)),
        ("ha-repeat", text(PackageResources.ha_repeat_yaml), text(PackageResources.ha_repeat_test_yaml)),
        ("ha-script", text(PackageResources.ha_script_yaml), text(PackageResources.ha_script_test_yaml)),
        ("ha-snapshot", text(PackageResources.ha_snapshot_yaml), text(PackageResources.ha_snapshot_test_yaml)),
        (
            "ha-sunset-light", text(PackageResources.ha_sunset_light_yaml),
            text(PackageResources.ha_sunset_light_test_yaml)
        ),
        ("ha-template", text(PackageResources.ha_template_yaml), text(PackageResources.ha_template_test_yaml)),
        ("ha-thermostat", text(PackageResources.ha_thermostat_yaml), text(PackageResources.ha_thermostat_test_yaml)),
        ("ha-vacation", text(PackageResources.ha_vacation_yaml), text(PackageResources.ha_vacation_test_yaml)),
        ("ha-wake-up", text(PackageResources.ha_wake_up_yaml), text(PackageResources.ha_wake_up_test_yaml)),
        ("ha-washer-done", text(PackageResources.ha_washer_done_yaml), text(PackageResources.ha_washer_done_test_yaml)),
        ("ha-window-open", text(PackageResources.ha_window_open_yaml), text(PackageResources.ha_window_open_test_yaml)),
        ("ha-workday", text(PackageResources.ha_workday_yaml), text(PackageResources.ha_workday_test_yaml)),
        (
            "heating-schedule", text(PackageResources.heating_schedule_yaml),
            text(PackageResources.heating_schedule_test_yaml)
        ),
        ("irrigation", text(PackageResources.irrigation_yaml), text(PackageResources.irrigation_test_yaml)),
        (
            "laundry-reminder", text(PackageResources.laundry_reminder_yaml),
            text(PackageResources.laundry_reminder_test_yaml)
        ),
        ("leak-alarm", text(PackageResources.leak_alarm_yaml), text(PackageResources.leak_alarm_test_yaml)),
        ("leak-siren", text(PackageResources.leak_siren_yaml), text(PackageResources.leak_siren_test_yaml)),
        ("linked-lights", text(PackageResources.linked_lights_yaml), text(PackageResources.linked_lights_test_yaml)),
        ("motion-light", text(PackageResources.motion_light_yaml), text(PackageResources.motion_light_test_yaml)),
        (
            "motion-override", text(PackageResources.motion_override_yaml),
            text(PackageResources.motion_override_test_yaml)
        ),
        ("night-light", text(PackageResources.night_light_yaml), text(PackageResources.night_light_test_yaml)),
        ("night-mode", text(PackageResources.night_mode_yaml), text(PackageResources.night_mode_test_yaml)),
        ("peak-shedding", text(PackageResources.peak_shedding_yaml), text(PackageResources.peak_shedding_test_yaml)),
        ("power-price", text(PackageResources.power_price_yaml), text(PackageResources.power_price_test_yaml)),
        ("presence", text(PackageResources.presence_yaml), text(PackageResources.presence_test_yaml)),
        ("purposes", text(PackageResources.purposes_yaml), text(PackageResources.purposes_test_yaml)),
        ("pv-charging", text(PackageResources.pv_charging_yaml), text(PackageResources.pv_charging_test_yaml)),
        ("school-morning", text(PackageResources.school_morning_yaml), text(PackageResources.school_morning_test_yaml)),
        ("silent-digest", text(PackageResources.silent_digest_yaml), text(PackageResources.silent_digest_test_yaml)),
        ("silent-sensor", text(PackageResources.silent_sensor_yaml), text(PackageResources.silent_sensor_test_yaml)),
        ("sun-blinds", text(PackageResources.sun_blinds_yaml), text(PackageResources.sun_blinds_test_yaml)),
        ("sunrise-blinds", text(PackageResources.sunrise_blinds_yaml), text(PackageResources.sunrise_blinds_test_yaml)),
        (
            "thermostat-week", text(PackageResources.thermostat_week_yaml),
            text(PackageResources.thermostat_week_test_yaml)
        ),
        (
            "vacation-lights", text(PackageResources.vacation_lights_yaml),
            text(PackageResources.vacation_lights_test_yaml)
        ),
        ("vacation", text(PackageResources.vacation_yaml), text(PackageResources.vacation_test_yaml)),
        ("wake-up-light", text(PackageResources.wake_up_light_yaml), text(PackageResources.wake_up_light_test_yaml)),
        ("washer-done", text(PackageResources.washer_done_yaml), text(PackageResources.washer_done_test_yaml)),
        ("window-heating", text(PackageResources.window_heating_yaml), text(PackageResources.window_heating_test_yaml)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
