internal import Komoku

/// Temperatures, fans and batteries.
enum SensorFacts {
    static func sensors(_ files: HostFiles) -> [HostReading]? {
        var readings: [HostReading] = []
        for chip in files.names("sys/class/hwmon") {
            let folder = "sys/class/hwmon/\(chip)"
            let name = HostReading.segment(files.word("\(folder)/name") ?? chip)
            for file in files.names(folder) where file.hasSuffix("_input") {
                let sensor = String(file.dropLast(6))
                guard sensor.hasPrefix("temp") || sensor.hasPrefix("fan"), let value = files.number("\(folder)/\(file)")
                else {
                    continue
                }
                let label = HostReading.segment((files.word("\(folder)/\(sensor)_label") ?? sensor).lowercased())
                // Millidegrees (Documentation/hwmon/sysfs-interface).
                readings.append(
                    sensor.hasPrefix("temp")
                        ? .number("temperature.\(name).\(label)", value / 1000, "°C")
                        : .number("fan.\(name).\(label)", value, "rpm"))
            }
        }
        for zone in files.names("sys/class/thermal") where zone.hasPrefix("thermal_zone") {
            guard let value = files.number("sys/class/thermal/\(zone)/temp") else { continue }
            let type = HostReading.segment((files.word("sys/class/thermal/\(zone)/type") ?? zone).lowercased())
            readings.append(.number("temperature.\(HostReading.segment(zone)).\(type)", value / 1000, "°C"))
        }
        return readings
    }

    static func batteries(_ files: HostFiles) -> [HostReading]? {
        files.names("sys/class/power_supply").flatMap { supply -> [HostReading] in
            let (folder, key) = ("sys/class/power_supply/\(supply)", "battery.\(HostReading.segment(supply))")
            if files.word("\(folder)/type") == "Mains" {
                return files.number("\(folder)/online").map { [.flag("\(key).online", $0 == 1)] } ?? []
            }
            var readings: [HostReading] = []
            if let charge = files.number("\(folder)/capacity") {
                readings.append(.number("\(key).charge", charge, "%"))
            }
            if let status = files.word("\(folder)/status") {
                readings.append(.text("\(key).status", status.lowercased()))
            }
            if let power = files.number("\(folder)/power_now") {
                readings.append(.number("\(key).power", power / 1_000_000, "W"))
            }
            return readings
        }
    }

    /// What seldom changes: told at the start, and when it does.
    static func facts(_ files: HostFiles) -> [HostReading]? {
        var readings: [HostReading] = []
        func add(_ key: String, _ value: String?) {
            if let value, !value.isEmpty { readings.append(.text("facts.\(key)", String(value.prefix(250)))) }
        }
        add("kernel", files.word("proc/sys/kernel/osrelease"))
        add("hostname", files.word("proc/sys/kernel/hostname"))
        add("boot_id", files.word("proc/sys/kernel/random/boot_id"))
        let release = files.lines("etc/os-release") ?? []
        add(
            "distribution",
            release.first { $0.hasPrefix("PRETTY_NAME=") }.map { line in
                String(line.dropFirst(12)).filter { $0 != "\"" }
            })
        // The kernel looks at each core for it: more than for all the rest.
        let processors = files.lines("proc/cpuinfo") ?? []
        let model = processors.first { $0.hasPrefix("model name") || $0.hasPrefix("Model") }
        add("processor", model.flatMap { $0.split(separator: ":", maxSplits: 1).last }.map { String($0.trimmed) })
        let cores = processors.count { $0.hasPrefix("processor") }
        add("addresses", files.isThisMachine ? HostAddresses.all.joined(separator: ", ") : nil)
        if cores > 0 { readings.append(.number("facts.cores", Double(cores))) }
        return readings
    }
}
