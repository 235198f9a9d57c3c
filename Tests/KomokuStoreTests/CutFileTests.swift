import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// Database files of which only the beginning is left.
@Suite struct CutFileTests {
    /// Of a file that begins like ours, what is left is served, however little that is.
    @Test(arguments: Array(1..<20).map { $0 * 5 })
    func aFileCutAnywhereIsOpened(percent: Int) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.closed
        files.main.removeLast(files.main.count * (100 - percent) / 100)
        try fixture.put(files)
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        // Where not even the keys are left, their numbers begin anew.
        try await fixture.goesOn(store, knowsKeys: found.kept > 0)
    }
}
