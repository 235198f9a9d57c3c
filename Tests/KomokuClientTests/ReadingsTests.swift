import Komoku
import KomokuTesting
import Testing

@testable import KomokuClient
@testable import KomokuWire
@testable import komoku_cli

/// Files of other programs, as they are found and read.
struct ReadingsTests {
    private static let warsaw = try? Zone(name: "Europe/Warsaw", rule: "CET-1CEST,M3.5.0,M10.5.0/3")

    /// What a file would become: `KEY time=value …`, and what was refused.
    private static func read(
        _ text: String, zone: Zone = .utc, naming: SeriesNaming = SeriesNaming(), known: [String: KeyType] = [:],
        columns: TableLayout.Wanted = .init()
    ) throws -> (lines: [String], refused: [String], uncertain: Int) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(text, to: "in.csv")
        let table = try TableImport(try InputFile(folder.path("in.csv")), zone: zone, columns) { _ in }
        let keys = try known.map { name, type in
            KeyDescription(name, try KeyFacts(["type": .string(type.rawValue)]))
        }
        let targets = try table.targets(naming, keys).targets
        var refused: [String] = []
        var lines = targets.compactMap(\.self).map { "\($0.key.text): \($0.type?.rawValue ?? "?")" }
        var clocks = targets.map { _ in SeriesClock(zone: zone) }
        let layout = table.layout
        let (_, style) = try Survey.of(table.file, layout, zone: zone) {}
        table.file.rewind()
        var reader = TableReader(layout, style, table.file.read)
        while let item = try reader.next() {
            switch item {
            case .broken(let reason, let line): refused.append("\(line): \(reason)")
            case .reading(let reading, let line):
                guard
                    let place = table.survey.series.firstIndex(where: {
                        $0.name.utf8.elementsEqual(reading.series.utf8)
                    }),
                    let target = targets[place]
                else { continue }
                do throws(BrokenLine) {
                    let time = try clocks[place].moment(reading.time)
                    lines.append("\(target.key.text) \(time.seconds.text)=\(reading.cell.json(for: target.type).text)")
                } catch {
                    refused.append("\(line): \(error.reason)")
                }
            }
        }
        return (lines, refused, table.survey.series.reduce(0) { $0 + $1.clock.uncertain })
    }

    @Test func homeAssistantsHistoryIsReadOnceItsEntitiesAreNamed() throws {
        let file = """
            entity_id,state,last_changed
            sensor.kitchen_temperature,unavailable,2026-01-10T22:00:00.000Z
            sensor.kitchen_temperature,21.5,2026-01-10T22:05:00.123Z
            binary_sensor.door,off,2026-01-10T22:06:00.000Z
            climate.hall,off,2026-01-10T22:06:00.000Z
            climate.hall,heat,2026-01-10T22:07:00.000Z
            sensor.kitchen_temperature,unknown,2026-01-10T22:08:00.000Z

            """
        let question = #expect(throws: Failure.self) { _ = try Self.read(file) }
        #expect(question?.code == 2)
        #expect(question?.message.contains("--map 'sensor.kitchen_temperature=") == true)
        var naming = SeriesNaming()
        naming.map = [
            ("sensor.kitchen_temperature", KeyName("kitchen.temperature")), ("binary_sensor.door", KeyName("door")),
            ("climate.hall", KeyName("hall.climate")),
        ]
        let found = try Self.read(file, naming: naming)
        #expect(
            found.lines == [
                "kitchen.temperature: numeric", "door: boolean", "hall.climate: string",
                "kitchen.temperature 1768082400=null", "kitchen.temperature 1768082700.123=21.5",
                "door 1768082760=false", #"hall.climate 1768082760="off""#, #"hall.climate 1768082820="heat""#,
                "kitchen.temperature 1768082880=null",
            ])
        // One that is there already needs no other name.
        let known = try Self.read(
            "entity_id,state,last_changed\nsensor.a,1,2026-01-10T22:00:00Z\n", known: ["sensor.a": .numeric])
        #expect(known.lines.last == "sensor.a 1768082400=1")
        naming.map = [("sensor.kitchen_temperature", KeyName("t")), ("climate.hall", nil)]
        #expect(try Self.read(file, naming: naming).lines.count == 4)
    }

    @Test func annotatedCSVOfInfluxDBIsReadTableByTable() throws {
        let found = try Self.read(
            """
            #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339Nano,double,string,string,string\r
            #group,false,false,true,true,false,false,true,true,true\r
            #default,_result,,,,,,,,\r
            ,result,table,_start,_stop,_time,_value,_field,_measurement,room\r
            ,,0,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-01T10:00:00.123456789Z,21.5,temperature,climate,hall\r
            ,,0,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-01T11:00:00Z,,temperature,climate,hall\r
            \r
            #datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,string,string,string\r
            #group,false,false,true,true,false,false,true,true\r
            #default,_result,,,,,,value,\r
            ,result,table,_start,_stop,_time,_value,_field,_measurement\r
            ,,1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-01T10:00:00Z,12,,mode\r

            """)
        #expect(
            found.lines == [
                "climate.hall.temperature: numeric", "mode: string", "climate.hall.temperature 1767261600.123456=21.5",
                "climate.hall.temperature 1767265200=null", #"mode 1767261600="12""#,
            ])
        #expect(found.refused == [])
        let plain = try Self.read(
            "name,time,value\ncpu,1767261600000000000,1.5\n", naming: SeriesNaming(key: KeyName("load")))
        #expect(plain.lines.last == "load 1767261600=1.5")
        let failed = try Self.read(
            "#datatype,string,string\n#group,true,true\n#default,,\n,error,reference\n,failed,897\n")
        #expect(failed.lines == [] && failed.refused.first?.contains("an error of InfluxDB") == true)
    }

    @Test func grafanasTablesAreReadSeriesBySeries() throws {
        let wide =
            "\u{FEFF}\"Time\",\"kitchen.temperature\",\"hall.temperature\"\r\n"
            + "2026-01-10 22:00:00,21.5,\r\n2026-01-10 22:05:00,,20\r\n1768083000000,null,19.5\r\n"
        #expect(
            try Self.read(wide, zone: Self.warsaw ?? .utc).lines == [
                "kitchen.temperature: numeric", "hall.temperature: numeric", "kitchen.temperature 1768078800=21.5",
                "hall.temperature 1768079100=20", "kitchen.temperature 1768083000=null",
                "hall.temperature 1768083000=19.5",
            ])
        let named = "Time;Living room (°C)\n2026-01-10 22:00:00;21,5\n"
        #expect(throws: Failure.self) { _ = try Self.read(named) }
        #expect(
            try Self.read(named, naming: SeriesNaming(takesNames: true)).lines.last == "Living_room_C 1768082400=21.5")
        #expect(try Self.read(named, naming: SeriesNaming(key: KeyName("a.b"))).lines.last == "a.b 1768082400=21.5")
        let long = "Series;Time;Value\nhall.t;2026-01-10T22:00:00+01:00;3\n"
        #expect(try Self.read(long).lines == ["hall.t: numeric", "hall.t 1768078800=3"])
    }

    @Test func ourOwnFilesAreTakenWithAnyDelimiterAndDecimalComma() throws {
        for mark in [",", ";", "\t"] {
            let file = "\u{FEFF}key\(mark)time\(mark)value\r\na.b\(mark)10.01.2026 22:00\(mark)21.5\r\n"
            #expect(try Self.read(file).lines == ["a.b: numeric", "a.b 1768082400=21.5"])
        }
        let german = "key;time;value\na.b;10.01.2026 22:00:30,5;21,5\na.b;11.1.2026;-3\na.b;12.01.2026, 7:05;1,234\n"
        #expect(
            try Self.read(german).lines == [
                "a.b: numeric", "a.b 1768082430.5=21.5", "a.b 1768089600=-3", "a.b 1768201500=1.234",
            ])
        let columns = TableLayout.Wanted(key: "what", time: "when", value: "how much")
        #expect(
            try Self.read("what,when,how much\na,5,6\n", columns: columns).lines == ["a: numeric", "a 5=6"])
        let question = #expect(throws: Failure.self) { _ = try Self.read("what,when,how much\na,5,6\n") }
        #expect(question?.code == 2 && question?.message.contains("'what', 'when', 'how much'") == true)
    }

    @Test(
        arguments: [
            ("1768082400", 1_768_082_400), ("1768082400.25", 1_768_082_400.25), ("1768082400123", 1_768_082_400.123),
            ("1768082400123456", 1_768_082_400.123456), ("1768082400123456789", 1_768_082_400.123456), ("0", 0),
            ("-5", -5),
            ("2026-01-10T22:00:00Z", 1_768_082_400), ("2026-01-10 23:00:00 +0100", 1_768_082_400),
            ("2026-01-10", 1_768_003_200), ("2026/01/10 22:00", 1_768_082_400), ("10.01.2026", 1_768_003_200),
            ("10.1.2026 22:00", 1_768_082_400), ("10.01.2026T22:00:00.5", 1_768_082_400.5),
        ] as [(String, Double)])
    func timesAreToldApart(text: String, seconds: Double) throws {
        var clock = SeriesClock(zone: .utc)
        #expect(try Timestamp(seconds: seconds) == clock.moment(ReadingTime(text)))
    }

    @Test(arguments: [
        "", "soon", "10/01/2026", "01-02-2026 10:00", "31.02.2026", "2026-13-01", "10.01.26", "2026-01-10 25:00",
        "2026-01-10 22:00 pm", "1e300",
    ])
    func otherTimesAreBroken(text: String) {
        #expect(throws: BrokenLine.self) { _ = try ReadingTime(text) }
    }

    @Test(
        arguments: [
            ("1.234,5", ";"), ("1,234.5", ","), ("1.234.567", ","), ("1,234,567", ";"), ("1 234", ";"),
            ("1'234.5", ","),
            ("1\u{A0}234", ";"), ("1,234", ","), ("-12,345", ","),
        ])
    func separatorsOfThousandsAreRefused(text: String, delimiter: String) throws {
        var style = NumberStyle(delimiter: delimiter.utf8.first ?? 0)
        let broken = #expect(throws: BrokenLine.self) { _ = try style.cell(text, isForeign: true) }
        #expect(broken?.reason.contains("thousands") == true)
    }

    @Test func whatADotMeansIsSettledByTheWholeFile() throws {
        let found = try Self.read("key;time;value\na;1;1.234\na;2;21,5\na;3;1,234\n")
        #expect(found.lines == ["a: numeric", "a 2=21.5", "a 3=1.234"])
        #expect(found.refused.count == 1 && found.refused.first?.hasPrefix("2: ") == true)
        #expect(try Self.read("key\ttime\tvalue\na\t1\t1,234\na\t2\t21.5\n").refused.count == 1)
        #expect(try Self.read("key;time;value\na;1;1.234\na;2;21.5\n").lines.contains("a 1=1.234"))
    }

    @Test func gapsNeverTellATypeAndWordsAreBooleans() throws {
        let found = try Self.read(
            """
            key,time,value
            a,1,unavailable
            a,2,21.5
            b,1,
            b,2,on
            b,3,OFF
            c,1,unknown
            d,1,on
            d,2,"on"
            e,1,1
            f,1,off

            """, known: ["e": .boolean, "f": .string])
        #expect(
            found.lines == [
                "a: numeric", "b: boolean", "c: ?", "d: string", "e: boolean", "f: string", "a 1=null", "a 2=21.5",
                "b 1=null", "b 2=true", "b 3=false", "c 1=null", #"d 1="on""#, #"d 2="on""#, "e 1=true", #"f 1="off""#,
            ])
    }

    @Test func theHourThatComesTwiceIsToldApartByItsOrder() throws {
        // 2026-10-25: clocks in Warsaw go from 03:00 back to 02:00 at 01:00 UTC.
        let first = 1_792_886_400.0 - 3600
        let times = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
        let file = "key,time,value\n" + times.enumerated().map { "a,2026-10-25 \($1):00,\($0)\n" }.joined()
        let zone = try #require(Self.warsaw)
        let found = try Self.read(file, zone: zone)
        let start = 1_792_884_600.0
        #expect(found.lines.dropFirst() == times.indices.map { "a \((start + Double($0) * 1800).text)=\($0)" }[...])
        #expect(found.uncertain == 0 && first < start)
        // The same with the newest first, and among the readings of another key.
        let backwards =
            "key,time,value\na,2026-10-25 03:30:00,9\n"
            + times.enumerated().reversed().map { "a,2026-10-25 \($1):00,\($0)\nb,2026-10-25 02:30:00,1\n" }.joined()
        let turned = try Self.read(backwards, zone: zone)
        #expect(
            Set(turned.lines.filter { $0.hasPrefix("a ") && !$0.hasSuffix("=9") }) == Set(found.lines.dropFirst()))
        // Where time never steps back nothing tells, and that is counted.
        let sparse = try Self.read(
            "key,time,value\na,2026-10-25 01:00,1\na,2026-10-25 02:30,2\na,2026-10-25 04:00,3\n", zone: zone)
        #expect(sparse.uncertain == 1)
        #expect(sparse.lines.contains("a \((start + 3600).text)=2"))
        let never = try Self.read("key,time,value\na,2026-03-29 02:30,1\n", zone: zone)
        #expect(never.refused.first?.contains("put forward") == true)
    }

    @Test func namesOfFilesBecomeNamesOfKeys() {
        let names = [
            ("sensor.kitchen temperature", "sensor.kitchen_temperature"), ("Küche / °C", "Küche_C"),
            ("a..b.", "a.b"), ("{room=\"x\"}", "room_x"), ("-", "-"),
        ]
        for (name, key) in names { #expect(SeriesNaming.valid(name)?.text == key) }
        #expect(SeriesNaming.valid("°") == nil)
    }
}

extension Double {
    fileprivate var text: String { JSON.number(self).text }
}
