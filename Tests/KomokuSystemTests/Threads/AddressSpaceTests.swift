import Testing

@testable import KomokuSystem

@Suite struct AddressSpaceTests {
    @Test func whatTheProcessMayNameIsTried() {
        #expect(AddressSpace.hasRoom(for: 1 << 20))
        #expect(!AddressSpace.hasRoom(for: 1 << 60))
    }

    @Test func withoutALimitNothingIsSaid() throws { try AddressSpace.prepare() }
}
