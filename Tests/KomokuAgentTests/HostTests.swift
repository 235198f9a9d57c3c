import Komoku
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuAgent

/// What an agent makes of the files of a kernel, whichever that is.
@Suite struct HostTests {
    /// Files of a machine, by their names below `/`.
    private static func host(_ files: [String: String], _ body: (HostFiles) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for (name, text) in files { try folder.write(text, to: name) }
        try body(HostFiles(root: folder.path))
    }

    private static func values(_ readings: [HostReading]?) -> [String: JSON] {
        Dictionary((readings ?? []).map { ($0.key, $0.value) }) { first, _ in first }
    }

    // MARK: Processors

    @Test func sharesAreOfTheTimeBetweenAndGuestsAreNotCountedTwice() throws {
        var fact = CPUFact()
        // user nice system idle iowait irq softirq steal guest guest_nice
        try Self.host(["proc/stat": "cpu  100 0 50 800 20 5 5 20 40 0\ncpu0 100 0 50 800 20 5 5 20 40 0\nintr 1 2\n"]) {
            #expect(fact.readings($0, .all) == [])
        }
        try Self.host(["proc/stat": "cpu  150 0 60 830 25 5 5 25 60 0\ncpu0 150 0 60 830 25 5 5 25 60 0\nintr 1 2\n"]) {
            let found = Self.values(fact.readings($0, .all))
            #expect(found["cpu.user"] == 50 && found["cpu.system"] == 10 && found["cpu.idle"] == 30)
            #expect(found["cpu.iowait"] == 5 && found["cpu.steal"] == 5 && found["cpu.usage"] == 65)
            #expect(found["cpu.0.user"] == 50 && found["cpu.guest"] == nil)
        }
    }

    @Test func countersThatRunBackwardsAndCoresThatComeAndGoGiveNothingNegative() throws {
        var fact = CPUFact()
        try Self.host(["proc/stat": "cpu  100 0 50 800 20 5 5 20\ncpu0 50 0 25 400 10 2 2 10\n"]) {
            _ = fact.readings($0, .all)
        }
        try Self.host(["proc/stat": "cpu  110 0 50 890 10 5 5 15\ncpu1 50 0 25 400 10 2 2 10\n"]) {
            let found = Self.values(fact.readings($0, .all))
            #expect(
                found["cpu.iowait"] == 0 && found["cpu.steal"] == 0 && found["cpu.user"] == 10
                    && found["cpu.idle"] == 90)
            #expect(found["cpu.1.user"] == nil && found["cpu.0.user"] == nil)
        }
    }

    /// The model: shares of a random machine add up to 100.
    @Test(arguments: 0..<20) func sharesAddUp(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let cores = Int.random(in: 1...1024, using: &random)
        var ticks = (0..<cores).map { _ in (0..<8).map { _ in UInt64.random(in: 0...1 << 40, using: &random) } }
        func text() -> String {
            "cpu  1 1 1 1 1 1 1 1\n"
                + ticks.enumerated().map { "cpu\($0) \($1.map(String.init).joined(separator: " ")) 7 7\n" }.joined()
        }
        var fact = CPUFact()
        try Self.host(["proc/stat": text()]) { _ = fact.readings($0, .all) }
        for core in ticks.indices {
            for place in 0..<8 { ticks[core][place] += UInt64.random(in: 1...1000, using: &random) }
        }
        try Self.host(["proc/stat": text()]) {
            let found = Self.values(fact.readings($0, .all))
            for core in [0, cores / 2, cores - 1] {
                let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
                let sum = names.reduce(0) { $0 + (found["cpu.\(core).\($1)"]?.number ?? -1000) }
                #expect(abs(sum - 100) < 0.1)
            }
        }
    }

    // MARK: The rest

    @Test func kernelsBefore314DoNotSayWhatIsAvailable() throws {
        let old =
            "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 200 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\n"
        try Self.host(["proc/meminfo": old]) {
            let found = Self.values(MemoryFacts.memory($0))
            #expect(
                found["memory.available"] == 358_400 && found["memory.used"] == 665_600 && found["swap.used"] == 6144)
        }
        try Self.host(["proc/meminfo": old + "MemAvailable: 400 kB\n"]) {
            #expect(Self.values(MemoryFacts.memory($0))["memory.available"] == 409_600)
        }
    }

    @Test func networksDisksAndSensors() throws {
        try Self.host([
            "proc/net/dev": """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0
              eth0:5000 40 1 2 0 0 0 0 6000 50 3 4 0 0 0 0
            wlan0.7: 1 2 3
            """,
            "proc/diskstats": """
               8       0 sda 10 0 100 5 20 0 200 6 0 1500 11 0 0 0 0
               8       1 sda1 10 0 100 5 20 0 200 6 0 1500 11
               7       0 loop0 1 0 1 0 0 0 0 0 0 0 0
            """,
            "sys/block/sda/size": "1", "sys/block/loop0/size": "1",
            "sys/class/hwmon/hwmon0/name": "coretemp\n", "sys/class/hwmon/hwmon0/temp1_input": "45500\n",
            "sys/class/hwmon/hwmon0/temp1_label": "Package id 0\n", "sys/class/hwmon/hwmon0/fan1_input": "1200\n",
            "sys/class/thermal/thermal_zone0/temp": "39000\n", "sys/class/thermal/thermal_zone0/type": "x86_pkg_temp\n",
            "sys/class/power_supply/BAT0/type": "Battery\n", "sys/class/power_supply/BAT0/capacity": "81\n",
            "sys/class/power_supply/BAT0/status": "Discharging\n", "sys/class/power_supply/AC/type": "Mains\n",
            "sys/class/power_supply/AC/online": "0\n",
        ]) { files in
            let settings = AgentSettings()
            let network = Self.values(TrafficFacts.network(files, NameFilter(settings.interfaces)))
            #expect(network["network.eth0.received"] == 5000 && network["network.eth0.sent_drops"] == 4)
            #expect(network.keys.allSatisfy { $0.hasPrefix("network.eth0.") })
            let disks = Self.values(TrafficFacts.disks(files, NameFilter(settings.disks)))
            #expect(disks["disk.sda.read"] == 51_200 && disks["disk.sda.written"] == 102_400)
            #expect(disks["disk.sda.busy"] == 1.5 && disks["disk.sda.writes"] == 20 && disks.count == 7)
            let sensors = Self.values(SensorFacts.sensors(files))
            #expect(sensors["temperature.coretemp.package_id_0"] == 45.5 && sensors["fan.coretemp.fan1"] == 1200)
            #expect(sensors["temperature.thermal_zone0.x86_pkg_temp"] == 39)
            let batteries = Self.values(SensorFacts.batteries(files))
            #expect(batteries["battery.BAT0.charge"] == 81 && batteries["battery.AC.online"] == false)
        }
    }

    @Test func mountsOfDisksAreToldWithTheirRealNames() throws {
        try Self.host([
            "proc/self/mounts": """
            /dev/sda1 / ext4 rw 0 0
            proc /proc proc rw 0 0
            /dev/sdb1 /mnt/my\\040disk ext4 rw 0 0
            /dev/sda1 /again ext4 rw 0 0
            tmpfs /run tmpfs rw 0 0
            """
        ]) { files in
            #expect(FileSystems.mounts(files, NameFilter()) == ["/", "/mnt/my disk"])
            #expect(FileSystems.mounts(files, NameFilter(exclude: ["/mnt/*"])) == ["/"])
        }
        #expect(HostReading.segment("/") == "root" && HostReading.segment("/mnt/my disk") == "mnt_my_disk")
        #expect(HostReading.segment("eth0.100") == "eth0_100")
    }

    @Test func twoSensorsOfOneNameAreTwoKeysAndAKernelWithoutPressureIsSaid() throws {
        try Self.host([
            "sys/class/hwmon/hwmon0/name": "nvme", "sys/class/hwmon/hwmon0/temp1_input": "30000",
            "sys/class/hwmon/hwmon1/name": "nvme", "sys/class/hwmon/hwmon1/temp1_input": "40000",
        ]) { files in
            var collector = Collector(AgentSettings(), files: files)
            var complaints: [String] = []
            for _ in 0..<2 {
                let found = Self.values(collector.collect([.sensors, .pressure]) { complaints.append($0) })
                #expect(found["temperature.nvme.temp1"] == 30 && found["temperature.nvme.temp1_2"] == 40)
            }
            #expect(complaints == ["/proc/pressure cannot be read: nothing is told of pressure"])
        }
    }

    /// Whatever the files hold, nothing traps, and each key is a name.
    @Test(arguments: 0..<60) func strangeFilesAreReadWithoutATrap(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let names = [
            "proc/stat", "proc/meminfo", "proc/loadavg", "proc/uptime", "proc/net/dev", "proc/diskstats",
            "proc/self/mounts",
            "proc/pressure/cpu", "proc/cpuinfo", "etc/os-release", "sys/class/hwmon/a/temp1_input",
            "sys/class/hwmon/a/name",
        ]
        let pieces = [
            "cpu", "cpu0", " ", ":", "\n", "18446744073709551616", "-1", "nan", "1e999", "MemTotal:", "kB", "\u{0}",
            "🔥", "eth0:",
            "9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9", "\\999", "\\04", "some avg10=", "some avg10=x", "/dev/a /a ext4", "inf",
        ]
        let files = names.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        let content = Dictionary(
            uniqueKeysWithValues: files.map { name in
                (
                    name,
                    (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in pieces.randomElement(using: &random)
                    }.joined()
                )
            })
        try Self.host(content) { files in
            var collector = Collector(AgentSettings(), files: files)
            var complaints: [String] = []
            for _ in 0..<3 {
                for reading in collector.collect(
                    Set(AgentFact.allCases), isAlone: true, report: { complaints.append($0) })
                {
                    #expect(KeyName("hosts.a.\(reading.key)") != nil, "\(reading.key)")
                    if let number = reading.value.number { #expect(number.isFinite) }
                }
            }
            #expect(Set(complaints).count == complaints.count, "what cannot be read is told once")
        }
    }

    @Test func thisMachineSaysWhatItsKernelSays() throws {
        let files = HostFiles()
        var collector = Collector(AgentSettings())
        let found = Self.values(collector.collect(Set(AgentFact.allCases), isAlone: true))
        let total = files.lines("proc/meminfo")?.first?.words[1]
        #expect(found["memory.total"]?.number == total.flatMap { Double($0) }.map { $0 * 1024 })
        #expect(found["facts.boot_id"]?.string == files.word("proc/sys/kernel/random/boot_id"))
        #expect((found["uptime"]?.number ?? 0) > 0)
    }

    // MARK: When

    @Test(arguments: 0..<20) func eachFactIsDueOncePerPeriodAndHostsDiffer(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var settings = AgentSettings(every: .seconds(10))
        settings[.facts] = .zero
        let start = Int64.random(in: 0...1 << 50, using: &random)
        var schedule = CollectionSchedule(settings, host: "host-\(seed)", at: start)
        var count: [AgentFact: Int] = [:]
        for second in 1...100 {
            for fact in schedule.take(at: start + Int64(second) * 1_000_000) { count[fact, default: 0] += 1 }
        }
        #expect(count[.facts] == nil && count[.cpu] == 10 && count[.sensors] == 10)
        // A machine that slept for an hour catches up once.
        #expect(schedule.take(at: start + 3_700_000_000).count == AgentFact.allCases.count - 1)
        let phases = Set((0..<100).map { CollectionSchedule(settings, host: "h\($0)", at: start).next ?? 0 })
        #expect(phases.count > 95)
    }

    @Test(arguments: [
        ("eth0", "eth*", true), ("eth0", "*", true), ("eth0", "", false), ("", "*", true), ("veth1", "eth*", false),
        ("a.b", "*.*", true), ("aaaa", "a*a*a*b", false), ("/mnt/x", "/mnt/*", true),
    ])
    func patternsOfNames(name: String, pattern: String, matches: Bool) {
        #expect(NameFilter.matches(name, pattern) == matches)
    }
}
