import Komoku
import KomokuProto
import KomokuTesting
import KomokuWire
import SwiftProtobuf
import Testing

struct PackedPointsTests {
    private let start: Int64 = 1_769_844_600_000_000

    private func read(_ points: PackedPoints) throws -> Request {
        try #require(try Request.read(packed: PackedToHub(points, id: 3).packed))
    }

    private func puts(_ request: Request) throws -> [PutPoint] {
        try request.entries.map { entry in
            guard case .put(let put) = try entry.command.get() else { throw Refusal(.invalidQuery) }
            #expect(!put.waits)
            return PutPoint(put.key.text, put.value, at: put.time)
        }
    }

    @Test(arguments: [
        [PutPoint("a", 1, at: Timestamp(microseconds: 5)), PutPoint("a", 2.5, at: Timestamp(microseconds: -5))],
        [PutPoint("a", 1), PutPoint("b", 2), PutPoint("c", -3)],
        [PutPoint("a", true), PutPoint("b", "x"), PutPoint("a", 0.5), PutPoint("a", "")],
        [PutPoint("a", -0.0), PutPoint("b", 1)], [],
    ])
    func pointsComeOutAsTheyWentIn(points: [PutPoint]) throws {
        let request = try read(try #require(PackedPoints(points)))
        #expect(request.form == .numbered(3, .points))
        #expect(try puts(request) == points)
    }

    @Test func whatFitsIntoNoColumnsIsNotWritten() {
        #expect(PackedPoints([PutPoint("a", .null)]) == nil)
        #expect(PackedPoints([PutPoint("a", 1), PutPoint("a", 1, at: Timestamp(microseconds: 1))]) == nil)
        #expect(PackedPoints(Array(repeating: PutPoint("a", 1), count: PackedPoints.maximum + 1)) == nil)
    }

    @Test func aPointOfATypicalHouseTakesAtMostFourteenBytes() throws {
        let points = (0..<1000).map { index in
            PutPoint(
                "house.room\(index % 50).temperature", .number(20 + Double(index) / 7),
                at: Timestamp(microseconds: start + Int64(index) * 200_000))
        }
        let bytes = PackedToHub(try #require(PackedPoints(points)), id: 1).packed
        #expect(Double(bytes.count) / 1000 <= 14, "\(bytes.count) bytes")
    }

    @Test func aNameThatCannotBeOneIsRefusedForItsPointsOnly() throws {
        var points = try #require(PackedPoints([PutPoint("a", 1), PutPoint("b", 2)]))
        points.keys[0] = "no name"
        let entries = try read(points).entries
        #expect(throws: Refusal.self) { try entries[0].command.get() }
        #expect(try entries[1].command.get().name == .put)
    }

    @Test(
        arguments: [
            { $0.key = [0, 2] }, { $0.key = [0] }, { $0.time = [1] }, { $0.column = [.numbers] },
            { $0.column = [.numbers, .texts] }, { $0.column = [.UNRECOGNIZED(9), .numbers] }, { $0.keys = [] },
            { $0.time = [.max, .max] }, { $0.time = [.min, 0] }, { $0.numbers = [.nan, 1] }, { $0.numbers = [] },
            { $0.keys = ["a", "b", "c"] }, { $0.flags = [true] },
        ] as [@Sendable (inout PackedPoints) -> Void])
    func columnsThatDoNotFitAreRefusedTogether(change: @Sendable (inout PackedPoints) -> Void) throws {
        var points = try #require(PackedPoints([PutPoint("a", 1.5), PutPoint("b", 2.5), PutPoint("a", 1)].prefix(2)))
        change(&points)
        let request = try read(points)
        #expect(request.form == .numbered(3, .command) && request.entries.count == 1)
        #expect(throws: Refusal.self) { try request.entries[0].command.get() }
    }

    @Test func aMessageOfTooManyPointsIsRefused() throws {
        var points = PackedPoints()
        points.keys = ["a"]
        points.flags = Array(repeating: true, count: PackedPoints.maximum + 1)
        #expect(throws: Refusal.self) { try read(points).entries[0].command.get() }
    }

    @Test func whatCameOfThePointsIsToldForEach() throws {
        let message = PackedFromHub([.ok, .error(.invalidKey), .unstored, .error(.invalidValue)], to: 9)
        guard case .points(9, let report) = try PackedFromHub(packed: message.packed).message() else {
            return #expect(Bool(false))
        }
        #expect(report.taken == 2 && !report.isStored && report.refused.map(\.place) == [1, 3])
        #expect(report.refused.map(\.refusal.code) == ["invalid_key", "invalid_value"])
    }
}
