internal import Glibc

/// A name or an address that a certificate is for.
package enum CertificateSubject: Hashable, Sendable, CustomStringConvertible {
    case name(String)
    case address(String)

    /// Nil where the text is neither. A name may begin with `*.`.
    package init?(_ text: String) {
        let text = text.lowercased()
        if Self.isAddress(text) {
            self = .address(text)
        } else {
            let labels = (text.hasPrefix("*.") ? text.dropFirst(2) : text[...]).split(
                separator: ".", omittingEmptySubsequences: false)
            guard text.utf8.count <= 253, labels.allSatisfy(Self.isLabel) else { return nil }
            // `10.0.0.300` is a mistake, no name.
            guard labels.last?.allSatisfy(\.isNumber) == false else { return nil }
            self = .name(text)
        }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func isAddress(_ text: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    var hostName: String? { if case .name(let name) = self { name } else { nil } }

    package var description: String {
        switch self {
        case .name(let text), .address(let text): text
        }
    }

    /// What this machine is called and can be reached at: its name, alone and with `.local`, and its addresses.
    package static var ofMachine: [CertificateSubject] {
        var bytes = [CChar](repeating: 0, count: 256)
        gethostname(&bytes, bytes.count - 1)
        let host = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let short = host.prefix { $0 != "." }
        let names = [host, String(short), "\(short).local", "localhost"].compactMap(CertificateSubject.init)
        var seen: Set<CertificateSubject> = []
        return (names + ownAddresses).filter { seen.insert($0).inserted }
    }

    /// Loopback first; not those that an interface has given to itself (fe80::).
    package static var ownAddresses: [CertificateSubject] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found = [CertificateSubject.address("127.0.0.1"), .address("::1")]
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard family == AF_INET || family == AF_INET6 else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let name = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard !name.hasPrefix("fe80"), let subject = CertificateSubject(name) else { continue }
            found.append(subject)
        }
        return found
    }
}
