import FoundationEssentials
import Komoku
import Testing

@testable import KomokuStore

@Suite struct ZoneFilesTests {
    /// A directory of three zones and of what else is in such directories.
    final class Directory {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "/komoku-zones-\(UInt64.random(in: 0 ... .max))"
            for folder in ["Europe", "Asia", "posix"] {
                try FileManager.default.createDirectory(atPath: path + "/" + folder, withIntermediateDirectories: true)
            }
            try write("Europe/Warsaw", Self.file("CET-1CEST,M3.5.0,M10.5.0/3"))
            try write("Europe/Lisbon", Self.file("WET0WEST,M3.5.0/1,M10.5.0"))
            try write("Asia/Kolkata", Self.file("IST-5:30"))
            try write("posix/Warsaw2", Self.file("IST-5:30"))
            try write("zone.tab", Array("not a zone".utf8))
            try write("Broken", Array("not a zone".utf8))
            try write("Large", [UInt8](repeating: 0, count: 70_000))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(filePath: path + "/" + name))
        }

        func link(_ name: String) throws -> String {
            let link = path + "/localtime.link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path + "/" + name)
            return link
        }

        /// A TZif file of no changes and a rule.
        static func file(_ rule: String) -> [UInt8] {
            var part = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, 0, 0, 1, 4] as [UInt8] { part += [0, 0, 0, count] }
            part += [0, 0, 0, 0, 0, 0]
            part += Array("LMT\0".utf8)
            return part + part + Array("\n\(rule)\n".utf8)
        }
    }

    static let summer = Timestamp(microseconds: 1_780_000_000_000_000)

    @Test func aZoneIsFoundByItsName() throws {
        let directory = try Directory()
        let zone = try ZoneFiles(directory: directory.path).zone(named: "Europe/Warsaw")
        #expect(zone.name == "Europe/Warsaw")
        #expect(zone.offset(at: Self.summer) == 7200)
    }

    @Test func utcNeedsNoFile() throws {
        #expect(try ZoneFiles(directory: "/nowhere").zone(named: "UTC") == .utc)
    }

    @Test(arguments: [
        "", "..", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Warsaw", "Europe//Warsaw", "Europe/", "zone.tab",
        "Europe/Wars\0aw", "Europe/Warsa\u{301}w", String(repeating: "x", count: 300),
    ])
    func namesThatLeadElsewhereAreRefused(name: String) throws {
        let directory = try Directory()
        let failure = #expect(throws: ZoneFiles.Failure.self) {
            try ZoneFiles(directory: directory.path).zone(named: name)
        }
        #expect(failure?.description.contains("is not the name of a time zone") == true)
    }

    @Test(arguments: [
        ("Europe/Warsav", "Europe/Warsaw"), ("europe/warsaw", "Europe/Warsaw"), ("Warsaw", "Europe/Warsaw"),
        ("Asia/Kolkatta", "Asia/Kolkata"), ("utc", "UTC"),
    ])
    func aNameThatIsCloseIsSuggested(name: String, suggestion: String) throws {
        let directory = try Directory()
        let failure = #expect(throws: ZoneFiles.Failure.self) {
            try ZoneFiles(directory: directory.path).zone(named: name)
        }
        #expect(failure?.description == "there is no time zone '\(name)'; did you mean '\(suggestion)'?")
    }

    @Test func otherFailuresAreSaid() throws {
        let directory = try Directory()
        let files = ZoneFiles(directory: directory.path)
        for (name, message) in [
            ("Broken", "cannot be read"), ("Large", "there is no time zone"), ("Europe", "there is no time zone"),
        ] {
            let failure = #expect(throws: ZoneFiles.Failure.self) { try files.zone(named: name) }
            #expect(failure?.description.contains(message) == true)
        }
        let failure = #expect(throws: ZoneFiles.Failure.self) {
            try ZoneFiles(directory: "/nowhere").zone(named: "Europe/Warsaw")
        }
        #expect(failure?.description.contains("install tzdata") == true)
    }

    @Test func theSystemsOwnZoneIsWhereItsLinkLeads() throws {
        let directory = try Directory()
        let link = try directory.link("Asia/Kolkata")
        let zone = try ZoneFiles(directory: directory.path, localtime: link).zone(named: "local")
        #expect(zone.name == "Asia/Kolkata")
        #expect(zone.offset(at: Self.summer) == 19_800)
        #expect(try ZoneFiles(directory: directory.path, localtime: "/nowhere").zone(named: "local") == .utc)
    }

    @Test(arguments: [
        ("Europe/Lisbon", 3600), (":Europe/Lisbon", 3600), ("", 0), ("UTC", 0), ("EST5EDT,M3.2.0,M11.1.0", -14_400),
        ("DIRECTORY/Asia/Kolkata", 19_800),
    ])
    func theEnvironmentComesFirst(text: String, offset: Int) throws {
        let directory = try Directory()
        let text = text.replacing("DIRECTORY", with: directory.path)
        let files = ZoneFiles(
            directory: directory.path, localtime: try directory.link("Europe/Warsaw"), environment: text)
        #expect(try files.zone(named: "local").offset(at: Self.summer) == offset)
    }

    @Test(arguments: ["local", "Nowhere/City", "/nowhere/file", "../x"])
    func anEnvironmentThatIsNoZoneIsSaid(text: String) throws {
        let directory = try Directory()
        let failure = #expect(throws: ZoneFiles.Failure.self) {
            try ZoneFiles(directory: directory.path, environment: text).zone(named: "local")
        }
        #expect(failure?.description.contains("TZ is '\(text)'") == true)
    }
}
