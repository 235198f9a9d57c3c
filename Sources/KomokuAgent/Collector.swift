internal import Komoku
package import KomokuWire

/// Reads what a host says of itself. What cannot be read stops only its own figures, and is told once.
package struct Collector: ~Copyable {
    private let files: HostFiles
    private var settings: AgentSettings
    private var cpu = CPUFact()
    private let fileSystems = FileSystems()
    private let units = FailedUnits()
    private var known: [HostReading] = []
    private var unreadable: Set<AgentFact> = []
    /// A file system that does not answer is told once.
    private var hanging: String?

    package init(_ settings: AgentSettings, files: HostFiles = HostFiles()) {
        (self.settings, self.files) = (settings, files)
    }

    /// Tells of other things from now on.
    package mutating func apply(_ settings: AgentSettings) {
        self.settings = settings
        // What could not be read before may be wanted anew.
        unreadable = []
    }

    /// Facts are told again, though they are known.
    package mutating func forgetFacts() { known = [] }

    /// - Parameters:
    ///   - isAlone: nothing comes after this reading, so that slow file systems are waited for.
    ///   - report: is told a sentence about what cannot be read.
    package mutating func collect(
        _ facts: Set<AgentFact>, isAlone: Bool = false, report: (String) -> Void = { _ in }
    ) -> [HostReading] {
        var all: [HostReading] = []
        for fact in AgentFact.allCases where facts.contains(fact) {
            if let found = readings(of: fact, isAlone) {
                unreadable.remove(fact)
                all += found
            } else if unreadable.insert(fact).inserted {
                report("\(Self.source(of: fact)) cannot be read: nothing is told of \(fact.rawValue)")
            }
        }
        if facts.contains(.filesystems) {
            let mount = fileSystems.waitingFor
            if let mount, mount != hanging {
                report("the file system \(mount) does not answer; file systems are told of again once it does")
            }
            hanging = mount
        }
        return Self.distinct(all)
    }

    /// Two drives with sensors of one name, and `/var/lib` beside `/var_lib`, have keys of their own: the second ends in `_2`.
    private static func distinct(_ readings: [HostReading]) -> [HostReading] {
        var count: [String: Int] = [:]
        return readings.map { reading in
            let number = (count[reading.key] ?? 0) + 1
            count[reading.key] = number
            if number == 1 { return reading }
            return HostReading(
                key: "\(reading.key)_\(number)", value: reading.value, type: reading.type, unit: reading.unit)
        }
    }

    private mutating func readings(of fact: AgentFact, _ isAlone: Bool) -> [HostReading]? {
        switch fact {
        case .cpu: return cpu.readings(files, settings.cores)
        case .memory: return MemoryFacts.memory(files)
        case .pressure: return MemoryFacts.pressure(files)
        case .load: return MemoryFacts.load(files)
        case .uptime: return MemoryFacts.uptime(files)
        case .network: return TrafficFacts.network(files, NameFilter(settings.interfaces))
        case .disks: return TrafficFacts.disks(files, NameFilter(settings.disks))
        case .filesystems:
            return fileSystems.readings(files, NameFilter(settings.mounts), within: .milliseconds(isAlone ? 2000 : 100))
        case .units: return units.readings(files, within: .seconds(2))
        case .outbox: return []
        case .sensors: return SensorFacts.sensors(files)
        case .batteries: return SensorFacts.batteries(files)
        case .facts:
            guard let found = SensorFacts.facts(files) else { return nil }
            defer { known = found }
            // Only what is new.
            return found.filter { !known.contains($0) }
        }
    }

    private static func source(of fact: AgentFact) -> String {
        switch fact {
        case .cpu: "/proc/stat"
        case .memory: "/proc/meminfo"
        case .load: "/proc/loadavg"
        case .uptime: "/proc/uptime"
        case .network: "/proc/net/dev"
        case .disks: "/proc/diskstats"
        case .filesystems: "/proc/self/mounts"
        case .pressure: "/proc/pressure"
        case .units: "the list of systemd's units"
        case .sensors, .batteries, .facts, .outbox: "/sys"
        }
    }
}
