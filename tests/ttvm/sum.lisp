(define (sum n acc) (if (= n 0) acc (sum (- n 1) (+ acc n))))
(print (sum 100000 0)) ; Expected: 5000050000
