import Testing

@testable import Komoku

struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 119), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"
        ),
    ])
    func itIsTheDigestOfTheStandard(message: String, digest: String) {
        #expect(SHA256(of: message.utf8).hexadecimal == digest)
    }

    @Test func aFingerprintIsReadWithColonsAndInEitherCase() {
        let digest = SHA256(of: "abc".utf8)
        let pairs = stride(from: 0, to: 64, by: 2).map { index in
            String(digest.hexadecimal.dropFirst(index).prefix(2)).uppercased()
        }
        #expect(SHA256(hexadecimal: pairs.joined(separator: ":")) == digest)
        #expect(SHA256(hexadecimal: digest.hexadecimal) == digest)
        #expect(SHA256(hexadecimal: String(digest.hexadecimal.dropLast())) == nil)
        #expect(SHA256(hexadecimal: String(repeating: "g", count: 64)) == nil)
    }
}
