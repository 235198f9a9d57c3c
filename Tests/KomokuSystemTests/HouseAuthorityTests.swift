import Glibc
import KomokuTesting
import Testing

@testable import KomokuSystem

struct HouseAuthorityTests {
    private static let subjects = ["hub.lan", "192.168.1.2"].compactMap(CertificateSubject.init)

    private func with(_ body: (HouseAuthority) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try body(HouseAuthority(folder: folder.path("tls")))
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func keysAreReadableByTheirOwnerAlone() throws {
        try with { authority in
            let before = umask(0)
            defer { umask(before) }
            try authority.create(title: "A house", subjects: Self.subjects)
            #expect([authority.authorityKey, authority.key].map(mode) == [0o600, 0o600])
            #expect([authority.authorityCertificate, authority.certificate].map(mode) == [0o644, 0o644])
        }
    }

    @Test func theCertificateIsForTheNamesAndLastsAYear() throws {
        try with { authority in
            try authority.create(title: "A house", subjects: Self.subjects)
            let report = try OpenSSL().report(on: authority.certificate)
            #expect(report.names == ["hub.lan", "192.168.1.2"])
            #expect(report.fingerprint.split(separator: ":").count == 32)
            #expect(report.end.hasSuffix("Z"))
            #expect(try OpenSSL().report(on: authority.authorityCertificate).names == [])
        }
    }

    @Test func whatIsThereIsNeverWrittenOver() throws {
        try with { authority in
            try authority.create(title: "A house", subjects: Self.subjects)
            let before = try OpenSSL().report(on: authority.authorityCertificate)
            let failure = #expect(throws: HouseAuthority.Failure.self) {
                try authority.create(title: "A house", subjects: Self.subjects)
            }
            #expect(failure?.reason.contains("already exists") == true)
            #expect(try OpenSSL().report(on: authority.authorityCertificate) == before)
        }
    }

    @Test func renewingKeepsTheKeyAndTheNamesUnlessOthersAreGiven() throws {
        try with { authority in
            try authority.create(title: "A house", subjects: Self.subjects)
            let pin = try OpenSSL().publicKey(of: authority.key)
            let first = try OpenSSL().report(on: authority.certificate)
            try authority.renew()
            let second = try OpenSSL().report(on: authority.certificate)
            #expect(second.fingerprint != first.fingerprint)
            #expect(second.names == first.names)
            #expect(try OpenSSL().publicKey(of: authority.key) == pin)
            try authority.renew(subjects: [.name("attic.local"), .address("10.1.2.3")])
            #expect(try OpenSSL().report(on: authority.certificate).names == ["attic.local", "10.1.2.3"])
            try authority.renew()
            #expect(try OpenSSL().report(on: authority.certificate).names == ["attic.local", "10.1.2.3"])
        }
    }

    @Test(arguments: ["bank.example.com", "hub.lan.example.com", "*.com"])
    func theAuthoritySignsForNothingOutsideTheHouse(name: String) throws {
        try with { authority in
            try authority.create(title: "A house", subjects: Self.subjects)
            let before = try OpenSSL().report(on: authority.certificate)
            let failure = #expect(throws: HouseAuthority.Failure.self) {
                try authority.renew(subjects: [CertificateSubject(name)].compactMap(\.self))
            }
            #expect(failure?.reason.contains("may not sign") == true)
            #expect(try OpenSSL().report(on: authority.certificate) == before)
        }
    }

    @Test func aNameOfTheInternetIsPossibleWhereTheAuthorityIsMadeForIt() throws {
        try with { authority in
            let subjects = ["hub.example.org", "*.home.example.org", "203.0.113.7", "2001:db8::7"]
            try authority.create(title: "A house", subjects: subjects.compactMap(CertificateSubject.init))
            #expect(try OpenSSL().report(on: authority.certificate).names.first == "hub.example.org")
        }
    }

    @Test func clientsAreNamedAndTheirFilesAreNotWrittenOver() throws {
        try with { authority in
            try authority.create(title: "A house", subjects: Self.subjects)
            try authority.makeClient("tablet@home")
            let files = authority.client("tablet@home")
            #expect(mode(files.key) == 0o600 && mode(files.certificate) == 0o644)
            for name in ["tablet@home", "", "../x", ".x", "a b", "a\nb", "ä", String(repeating: "a", count: 65)] {
                #expect(throws: HouseAuthority.Failure.self, "\(name)") { try authority.makeClient(name) }
            }
        }
    }

    @Test func aMissingProgramIsNamedWithTheRemedy() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let authority = HouseAuthority(folder: folder.path("tls"), openssl: OpenSSL("no-openssl-here"))
        let failure = #expect(throws: HouseAuthority.Failure.self) {
            try authority.create(title: "A house", subjects: Self.subjects)
        }
        #expect(failure?.reason.contains("no-openssl-here") == true)
        #expect(failure?.remedy.contains("apt install openssl") == true)
    }

    @Test(arguments: [
        ("hub.lan", true), ("HUB", true), ("*.home.arpa", true), ("192.168.1.2", true), ("fd00::1", true),
        ("10.0.0.300", false), ("", false), ("a b", false), ("-a", false), ("a..b", false), ("a\nb", false),
        ("a;DNS:b", false), (String(repeating: "a", count: 64), false), ("*.", false), ("1.2.3", false),
    ])
    func namesAreChecked(text: String, isGood: Bool) {
        #expect((CertificateSubject(text) != nil) == isGood)
    }

    @Test(arguments: [
        ("2001:DB8:0:0:0:0:0:7", "2001:db8::7"), ("fd00:0:0::1", "fd00::1"), ("::1", "::1"),
        ("192.168.1.2", "192.168.1.2"),
    ])
    func addressesAreWrittenAsPeopleDo(text: String, shown: String) {
        #expect(CertificateSubject(text)?.description == shown)
    }

    @Test func aCertificateShowsItsAddressesAsPeopleWriteThem() throws {
        try with { authority in
            let subjects = ["hub.lan", "2001:db8:0:0::7"].compactMap(CertificateSubject.init)
            try authority.create(title: "A house", subjects: subjects)
            #expect(try OpenSSL().report(on: authority.certificate).names == ["hub.lan", "2001:db8::7"])
        }
    }

    @Test func addressesThatDoNotLastAreKnown() {
        let list = """
            00000000000000000000000000000001 01 80 10 80       lo
            fe80000000000000021122fffe334455 02 40 20 80     eth0
            20010db8000000000000000000000007 02 40 00 80     eth0
            20010db8000000001234567890abcdef 02 40 00 01     eth0
            20010db800000000fedcba0987654321 02 40 00 20     eth0
            fd000000000000000000000000000007 02 40 00 00     eth0
            nonsense
            """
        #expect(
            Set(CertificateSubject.passingAddresses(in: list).map(\.description)) == [
                "fe80::211:22ff:fe33:4455", "2001:db8::1234:5678:90ab:cdef", "2001:db8::fedc:ba09:8765:4321",
            ])
    }

    @Test func thisMachineHasItsLoopbackAddresses() {
        let own = CertificateSubject.ofMachine
        #expect(own.contains(.address("127.0.0.1")) && own.contains(.address("::1")))
        #expect(own.contains(.name("localhost")))
    }
}
