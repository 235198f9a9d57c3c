import FoundationEssentials
import Komoku
import Testing

@testable import KomokuStore

/// Files that earlier versions wrote are opened, and nothing in them is lost.
@Suite struct OldFileTests {
    private let temperature = KeyID(rawValue: 0)

    /// Written by the first version: four keys, 400 rounds in blocks twice and 400 rounds in the journal, 10 s apart.
    private func folderWithOldFile() throws -> Folder {
        let folder = try Folder()
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/version1.db")
        try FileManager.default.copyItem(atPath: fixture.path, toPath: folder.database)
        return folder
    }

    private func check(_ store: Store) async throws {
        let temperatures = try await store.points(of: temperature)
        #expect(temperatures.count == 1200)
        for (index, point) in temperatures.enumerated() {
            #expect(point.time.microseconds == 1_700_000_000_000_000 + Int64(index) * 10_000_000)
            #expect(point.value == .number(Double(2000 + (index * 7) % 100) / 100))
            #expect(point.provenance == (index % 400 % 50 == 0 ? .retained : .live))
        }
        let motions = try await store.points(of: KeyID(rawValue: 1))
        #expect(motions.map(\.value) == (0..<120).map { .boolean($0 % 2 == 0) })
        let states = try await store.points(of: KeyID(rawValue: 2))
        #expect(states.map(\.value) == (0..<30).map { $0 % 2 == 0 ? .string("armed é") : nil })
        let energies = try await store.points(of: KeyID(rawValue: 3))
        #expect(energies.map { $0.value?.number } == (0..<1200).map { Double($0) / 3 })
    }

    @Test func theFirstVersionIsReadAndMerged() async throws {
        let folder = try folderWithOldFile()
        var store = try folder.open()
        #expect(
            store.restored.map(\.record.name.text) == [
                "kitchen.temperature", "hall.motion", "alarm.state", "house.energy",
            ])
        #expect(store.statistics.points == 2550)
        try await check(store)
        try await store.compacted()
        try await check(store)
        #expect(store.statistics.points == 2550)
        store.close()
        store = try folder.open()
        try await check(store)
        let bounds = (0...3).map { Timestamp(microseconds: 1_699_999_200_000_000 + Int64($0) * 3_600_000_000) }
        let report = try await store.statistics(
            StatisticsQuery(key: temperature, type: .numeric, bounds: bounds, now: .distantFuture))
        #expect(report.windows.map(\.count) == [280, 360, 360])
    }
}
