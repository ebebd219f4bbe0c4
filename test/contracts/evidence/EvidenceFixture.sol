// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EvidenceRegistry} from "../../../contracts/src/evidence/EvidenceRegistry.sol";
import {TestBase} from "../derivatives/support/TestBase.sol";

/// @title The cheat code that signs
interface KeyVm {
    function sign(uint256 privateKey, bytes32 digest)
        external
        pure
        returns (uint8 v, bytes32 r, bytes32 s);
}

/// @title Committees of four with three feeds, and messages that their members sign
abstract contract EvidenceFixture is TestBase {
    uint256 internal constant MEMBERS = 4;
    uint256 internal constant ORDER =
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint64 internal constant GENESIS_MS = 1_767_225_600_000;
    uint32 internal constant ROUND_MS = 500;
    uint32 internal constant PROBE_EVERY = 2;
    int128 internal constant VALUE_MAX = 1e12;

    KeyVm internal constant KEYS = KeyVm(address(VM));

    EvidenceRegistry internal registry;
    bytes internal parameters;
    bytes32 internal committee;
    bytes internal otherParameters;
    bytes32 internal otherCommittee;

    function _setUpRegistry() internal {
        registry = EvidenceRegistry(deploy("EvidenceRegistry", ""));
        parameters = _parameters(0);
        otherParameters = _parameters(1);
        committee = registry.registerCommittee(parameters, _ordinates());
        otherCommittee = registry.registerCommittee(otherParameters, _ordinates());
    }

    /// @dev The smallest keys there are.
    function _secret(uint256 member) internal pure returns (uint256) {
        return member + 1;
    }

    /// @dev Multiples of the generator by 1 to 4 (SEC 2 §2.4.1 gives the first).
    function _point(uint256 member) internal pure returns (uint256 x, uint256 y) {
        uint256[4] memory abscissas = [
            0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
            0xc6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5,
            0xf9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9,
            0xe493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13
        ];
        uint256[4] memory ordinates = [
            0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8,
            0x1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a,
            0x388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672,
            0x51ed993ea0d455b75642e2098ea51448d967ae33bfbdfe40cfe97bdc47739922
        ];
        return (abscissas[member], ordinates[member]);
    }

    function _identity(uint256 member) internal pure returns (address) {
        (uint256 x, uint256 y) = _point(member);
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    function _ordinates() internal pure returns (uint256[] memory ordinates) {
        ordinates = new uint256[](MEMBERS);
        for (uint256 member = 0; member < MEMBERS; member++) {
            (, ordinates[member]) = _point(member);
        }
    }

    /// @dev Canonical parameters; each attempt at key generation is another committee.
    function _parameters(uint32 attempt) internal pure returns (bytes memory) {
        bytes memory keys;
        for (uint256 member = 0; member < MEMBERS; member++) {
            (uint256 x, uint256 y) = _point(member);
            keys = abi.encodePacked(keys, uint8(2 + (y & 1)), x);
        }
        bytes memory feed = abi.encodePacked(
            uint8(7), "BTC/USD", uint8(8), uint8(0), uint16(50), uint64(60_000), uint8(3)
        );
        feed = abi.encodePacked(feed, int128(1), VALUE_MAX);
        return abi.encodePacked(
            abi.encodePacked("parallax.committee.1", uint8(1), uint8(4), "test", uint8(MEMBERS)),
            keys,
            abi.encodePacked(uint8(1), attempt, uint16(3), feed, feed, feed),
            abi.encodePacked(GENESIS_MS, ROUND_MS, new bytes(32), PROBE_EVERY, new bytes(4))
        );
    }

    function _head(uint8 kind, bytes32 group, uint64 round, uint8 sender)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(kind, uint8(1), group, round, sender);
    }

    function _observation(bytes32 group, uint64 round, uint8 sender, uint256 chance)
        internal
        pure
        returns (bytes memory)
    {
        uint256 present = chance & 7;
        bytes memory values;
        for (uint256 feed = 0; feed < 3; feed++) {
            if ((present >> feed) & 1 == 0) continue;
            uint256 drawn = uint256(keccak256(abi.encode(chance, feed)));
            values = abi.encodePacked(values, int128(int256(1 + drawn % 1e12)));
        }
        uint32 expected = uint32((chance >> 8) & 15);
        uint32 signing = expected & uint32((chance >> 12) & 15);
        return abi.encodePacked(
            _head(1, group, round, sender),
            abi.encodePacked(uint64(GENESIS_MS + (chance >> 16) % 1e9), expected, signing),
            abi.encodePacked(uint64((chance >> 48) & 0xffff), uint8((chance >> 64) % 3)),
            _vouched(round, expected, chance),
            abi.encodePacked(uint8(present), values, bytes32(chance), new bytes(198))
        );
    }

    /// @dev In a probe round some members that are not expected, otherwise none.
    function _vouched(uint64 round, uint32 expected, uint256 chance) private pure returns (uint32) {
        return round % PROBE_EVERY == 0 ? uint32((chance >> 70) & 15) & ~expected : 0;
    }

    function _late(bytes32 group, uint64 round, uint8 sender, uint256 chance)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(_head(2, group, round, sender), uint32(chance & 15));
    }

    function _proposal(bytes32 group, uint64 round, uint8 sender, uint8 rank, uint256 chance)
        internal
        pure
        returns (bytes memory)
    {
        uint32 observers = uint32(chance & 15);
        uint32 signing = uint32((chance >> 4) & 15);
        uint256 named = 0;
        for (uint256 member = 0; member < 4; member++) {
            named += ((observers | signing) >> member) & 1;
        }
        uint256 lates = (chance >> 8) % 3;
        uint256 attached = (chance >> 10) % 3;
        bytes memory notices = new bytes(111 * lates);
        bytes memory lists = abi.encodePacked(uint8(lates), notices, uint8(attached));
        for (uint256 number = 0; number < attached; number++) {
            uint32 length = uint32((chance >> (16 * number + 16)) % 300);
            lists = abi.encodePacked(lists, length, new bytes(length));
        }
        return abi.encodePacked(
            _head(3, group, round, sender),
            abi.encodePacked(rank, uint64((chance >> 64) & 0xffff), uint8((chance >> 80) % 3)),
            abi.encodePacked(observers, signing, uint32((chance >> 82) & 15), bytes32(chance)),
            abi.encodePacked(new bytes(32 * named), lists)
        );
    }

    function _share(
        bytes32 group,
        uint64 round,
        uint8 sender,
        uint8 slot,
        bytes32 report,
        uint256 chance
    )
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            _head(4, group, round, sender),
            abi.encodePacked(slot, report, uint32(chance & 15), uint32((chance >> 4) & 15)),
            abi.encodePacked(bytes32(chance >> 8), keccak256(abi.encode(chance)))
        );
    }

    function _digest(bytes memory body) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("parallax.message.1", body));
    }

    function _signed(bytes memory body, uint256 signer) internal pure returns (bytes memory) {
        (, bytes32 r, bytes32 s) = KEYS.sign(_secret(signer), _digest(body));
        return abi.encodePacked(body, r, s);
    }

    function _convicts(bytes memory group, bytes memory first, bytes memory second)
        internal
        view
        returns (bool)
    {
        try registry.judge(group, first, second) {
            return true;
        } catch {
            return false;
        }
    }

    function _refusal(bytes memory first, bytes memory second) internal view returns (bytes4) {
        try registry.judge(parameters, first, second) {
            return 0;
        } catch (bytes memory reason) {
            assertHolds("the refusal has a name", reason.length >= 4);
            return bytes4(reason);
        }
    }
}
